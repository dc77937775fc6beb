//! Tests of the plant's server through the client library: what is read is the plant, what is written has an effect, what
//! was is given out in pages.

use super::*;

use opcua::client::{ClientBuilder, HistoryReadAction, IdentityToken, Session};
use opcua::types::{
    AttributeId, DataValue, EndpointDescription, HistoryData, HistoryReadValueId, NodeId, ReadRawModifiedDetails,
    ReadValueId, StatusCode, TimestampsToReturn, UserTokenPolicy, WriteValue,
};
use std::time::Instant;
use tieline_opcua_settings::ServerSettings;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(plant: &Plant, folder: &Path) -> (Arc<Session>, tokio::task::JoinHandle<opcua::types::StatusCode>) {
    let mut client = ClientBuilder::new()
        .application_name("test")
        .application_uri("urn:tieline:test")
        .product_uri("urn:tieline:test")
        .pki_dir(folder.join("client"))
        .session_retry_limit(0)
        .client()
        .unwrap();
    let endpoint = plant.endpoint();
    let endpoint: EndpointDescription =
        (endpoint.as_str(), "None", MessageSecurityMode::None, UserTokenPolicy::anonymous()).into();
    let (session, events) = client.connect_to_endpoint_directly(endpoint, IdentityToken::Anonymous).unwrap();
    let running = events.spawn();
    tokio::time::timeout(PATIENCE, session.wait_for_connection()).await.unwrap();
    (session, running)
}

async fn namespace(session: &Session) -> u16 {
    session.read_namespace_array().await.unwrap().get_index(NAMESPACE).unwrap()
}

async fn read(session: &Session, id: &NodeId) -> DataValue {
    let asked = ReadValueId { node_id: id.clone(), attribute_id: AttributeId::Value as u32, ..Default::default() };
    session.read(&[asked], TimestampsToReturn::Both, 0.0).await.unwrap().remove(0)
}

async fn write(session: &Session, id: &NodeId, value: impl Into<Variant>) -> StatusCode {
    let value = DataValue::value_only(value);
    let asked =
        WriteValue { node_id: id.clone(), attribute_id: AttributeId::Value as u32, value, ..Default::default() };
    session.write(&[asked]).await.unwrap().remove(0)
}

fn number(value: &DataValue) -> f64 {
    match value.value {
        Some(Variant::Double(number)) => number,
        ref other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_reads_sets_and_looks_back() {
    let folder = tempfile::tempdir().unwrap();
    let plant = Plant::start(folder.path()).unwrap();
    let (session, running) = connect(&plant, folder.path()).await;
    let index = namespace(&session).await;
    for variable in VARIABLES {
        let value = read(&session, &NodeId::new(index, variable.name)).await;
        assert!(!value.status().is_bad() && value.source_timestamp.is_some(), "{}: {value:?}", variable.name);
        assert_eq!(value.value.unwrap().is_array(), variable.kind.2, "{}", variable.name);
    }

    let (valve, level) = (NodeId::new(index, "Tank.Valve"), NodeId::new(index, "Tank.Level"));
    assert_eq!(write(&session, &valve, 120.0).await, StatusCode::BadOutOfRange);
    assert_eq!(write(&session, &valve, f64::NAN).await, StatusCode::BadOutOfRange);
    assert_eq!(write(&session, &valve, 12i32).await, StatusCode::BadTypeMismatch);
    assert!(write(&session, &level, 12.0).await.is_bad());
    assert_eq!(write(&session, &valve, 77.0).await, StatusCode::Good);
    assert_eq!(write(&session, &NodeId::new(index, "Pump.Switch"), false).await, StatusCode::Good);
    assert_eq!(number(&read(&session, &valve).await), 77.0);
    let (begun, before) = (Instant::now(), number(&read(&session, &level).await));
    while number(&read(&session, &level).await) > before - 2.0 {
        assert!(begun.elapsed() < PATIENCE, "the tank does not drain");
        tokio::time::sleep(STEP).await;
    }
    assert_eq!(number(&read(&session, &valve).await), 77.0, "the plant has kept what was written");

    let history = history(&session, NodeId::new(index, "Oven.Temperature")).await;
    assert!(history.len() as u32 >= BEFORE_S, "{}", history.len());
    let times: Vec<DateTime> = history.iter().map(|value| value.source_timestamp.unwrap()).collect();
    assert!(times.is_sorted() && times.windows(2).all(|two| two[0] < two[1]));
    let action = HistoryReadAction::ReadRawModifiedDetails(ReadRawModifiedDetails::default());
    let unkept = [HistoryReadValueId { node_id: valve, ..Default::default() }];
    let none = session.history_read(action, TimestampsToReturn::Both, false, &unkept).await.unwrap();
    assert!(none[0].status_code.is_bad());

    drop(plant);
    drop(session);
    running.abort();
}

async fn history(session: &Session, id: NodeId) -> Vec<DataValue> {
    let details = ReadRawModifiedDetails {
        start_time: DateTime::from(DateTime::now().ticks() - 2 * i64::from(BEFORE_S) * 10_000_000),
        end_time: DateTime::now(),
        num_values_per_node: 500,
        ..Default::default()
    };
    let mut node = HistoryReadValueId { node_id: id, ..Default::default() };
    let mut found = Vec::new();
    loop {
        let action = HistoryReadAction::ReadRawModifiedDetails(details.clone());
        let mut answer =
            session.history_read(action, TimestampsToReturn::Both, false, &[node.clone()]).await.unwrap().remove(0);
        assert!(answer.status_code.is_good(), "{}", answer.status_code);
        let page = answer.history_data.inner_as::<HistoryData>().unwrap().data_values.clone().unwrap_or_default();
        assert!(page.len() <= 500);
        found.extend(page);
        if answer.continuation_point.is_null() {
            return found;
        }
        node.continuation_point = std::mem::take(&mut answer.continuation_point);
    }
}

#[test]
fn the_settings_name_every_variable_as_a_client_would_write_it() {
    let folder = tempfile::tempdir().unwrap();
    let plant = Plant::start(folder.path()).unwrap();
    let server = ServerSettings::from_values(&plant.server());
    assert_eq!((server.name.as_str(), &server.endpoint), ("plant", &plant.endpoint()));
    assert_eq!(server.namespaces, [NAMESPACE]);
    assert_eq!(server.variable.len(), VARIABLES.len());
    let setpoint = server.variable.iter().find(|one| one.name == "Oven.Setpoint").unwrap();
    assert_eq!(
        (setpoint.node.as_str(), setpoint.r#type.as_str(), setpoint.array),
        ("ns=1;s=Oven.Setpoint", "Double", false)
    );
    assert_eq!(
        serde_json::Value::from(setpoint.meta.clone()),
        serde_json::json!({
            "DisplayName": "Setpoint", "Group": "Oven", "Unit": "°C", "Limits": { "Min": "20", "Max": "300" }, "Writable": true
        })
    );
    let begun = Instant::now();
    drop(plant);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}
