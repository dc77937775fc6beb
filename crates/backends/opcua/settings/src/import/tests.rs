//! Tests of the import: whole files, files as they are in the field, and files that are something else.

use super::*;
use crate::{OpcuaSettings, SecurityMode, SecurityPolicy, ServerSettings, check};
use proptest::prelude::*;

/// With everything there is, in the newer words.
const WHOLE: &str = r##"<!--
  a comment before the declaration
-->
<?xml version="1.0" encoding="utf-8"?>
<OpcUaClient Name="plant" xmlns="urn:some-schema">
  <Endpoint>
    <DiscoveryUrl>opc.tcp://127.0.0.1:4840</DiscoveryUrl>
    <ApplicationUri>urn:plant:server</ApplicationUri>
    <SecurityPolicyUri>http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss</SecurityPolicyUri>
    <MessageSecurityMode>Sign</MessageSecurityMode>
    <Authentication>
      <TokenType>UserName</TokenType>
      <UserName>operator</UserName>
      <Password>MARKER&amp;&#x41;</Password>
      <SecurityPolicyUri>http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256</SecurityPolicyUri>
    </Authentication>
  </Endpoint>
  <NamespaceUri>
    <Uri>urn:plant</Uri>
    <Uri>urn:plant:history</Uri>
  </NamespaceUri>
  <NodeList>
    <Node ValueName="Oven" NodeId="ns=1;i=218" NodeType="Double">
      <MetaData Area="2">
        <DisplayName>Oven &lt;north&gt;</DisplayName>
        <Limits><Min>0</Min><Max>400</Max></Limits>
        <Color>RED</Color><Color>BLUE</Color>
        <Steps type="array"><value>1</value><value>2</value></Steps>
        <Detail></Detail>
        <Note kind="x"><![CDATA[a < b]]></Note>
      </MetaData>
    </Node>
    <Node ValueName="Flags" NodeId="ns=2;s=Flags" NodeType="Boolean" Array="1"/>
  </NodeList>
</OpcUaClient>"##;

/// In the older words, with what is wrong in files in the field.
const OLD: &str = r##"<OpcUaClient>
  <Endpoint>
    <ServerUri>opc.tcp://127.0.0.1:8889</ServerUri>
    <SecurityMode>SignAndCrypt</SecurityMode>
    <SecurityPolicyUri>http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15</SecurityPolicyUri>
    <UserAuth>
      <Type>UserName</Type>
      <UserName>user1</UserName>
      <Password>MARKER</Password>
      <SecurityPolicyUri>http://opcfoundation.org/UA/SecurityPolicy#Basic128Rsa15<SecurityPolicyUri>
    </UserAuth>
    <Color>BLUE</Color>
  </Endpoint>
  <NamespaceUri><Uri>urn:a</Url></NamespaceUri>
  <NodeList>
    <Node ValueName="Interval" NodeId="ns=1;i=3" NodeType="UInt32">
      <MetaData><Limits><Min>0</Max><Max>1</Max></Limits></MetaData>
    </Node>
    <Node NodeId="ns=1;i=4" NodeType="UInt32"></Node>
    </Stray>
    <Node ValueName="Last" NodeId="ns=1;i=5" ValueType="Byte" Array="maybe"/>
  </NodeList>"##;

struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Files {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        Files(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// The servers as settings, and what was told: `!` before what makes the file unusable.
fn read_all(path: &Path) -> (Vec<ServerSettings>, Vec<String>) {
    let import = read(path);
    let told = import.told.iter().map(|bad| {
        assert_eq!(bad.key, "import");
        assert!(!bad.hint.is_empty() && !bad.message.contains("MARKER"), "{bad:?}");
        let message = bad.message.rsplit_once(".xml: ").map_or(bad.message.as_str(), |(_, message)| message);
        format!("{}{message}", if bad.is_usable { "" } else { "!" })
    });
    (import.servers.iter().map(ServerSettings::from_values).collect(), told.collect())
}

#[test]
fn a_whole_file_is_taken_over() {
    let files = Files::new(&[("a.xml", WHOLE)]);
    let (servers, told) = read_all(&files.path("a.xml"));
    assert_eq!(told, [""; 0]);
    let [server] = servers.as_slice() else { panic!("{servers:?}") };
    assert_eq!((server.name.as_str(), server.endpoint.as_str()), ("plant", "opc.tcp://127.0.0.1:4840"));
    assert_eq!(server.application_uri, "urn:plant:server");
    assert_eq!(
        (server.security_policy, server.security_mode),
        (SecurityPolicy::Aes256Sha256RsaPss, SecurityMode::Sign)
    );
    assert_eq!((server.user.as_str(), &server.password_file), ("operator", &files.path("a.xml").display().to_string()));
    assert_eq!(server.namespaces, ["urn:plant", "urn:plant:history"]);
    let [oven, flags] = server.variable.as_slice() else { panic!("{server:?}") };
    assert_eq!(
        (oven.name.as_str(), oven.node.as_str(), oven.r#type.as_str(), oven.array),
        ("Oven", "ns=1;i=218", "Double", false)
    );
    let meta = serde_json::json!({
        "Area": "2", "DisplayName": "Oven <north>", "Limits": {"Min": "0", "Max": "400"}, "Color": ["RED", "BLUE"],
        "Steps": ["1", "2"], "Detail": "", "Note": {"kind": "x", "text": "a < b"},
    });
    assert_eq!(serde_json::Value::Object(oven.meta.clone()), meta);
    assert_eq!((flags.node.as_str(), flags.array, flags.meta.len()), ("ns=2;s=Flags", true, 0));
}

#[test]
fn the_password_stays_in_its_file() {
    let files =
        Files::new(&[("a.xml", WHOLE), ("old.xml", OLD), ("plain", " pass word \r\nmore"), ("none.xml", "<a></a>")]);
    let reveal = |name| password(&files.path(name)).map(|secret| secret.reveal().to_owned());
    assert_eq!(reveal("a.xml"), Ok("MARKER&A".to_owned()));
    assert_eq!(reveal("old.xml"), Ok("MARKER".to_owned()));
    assert_eq!(reveal("plain"), Ok(" pass word ".to_owned()));
    assert!(reveal("none.xml").unwrap_err().to_string().contains("no element `Password`"));
    assert!(reveal("nowhere").unwrap_err().to_string().contains("no such file"));
    assert_eq!(format!("{:?}", password(&files.path("a.xml"))), "Ok([secret])");
    let import = read(&files.path("a.xml"));
    assert!(!format!("{import:?}").contains("MARKER") && !to_toml(&import.servers[0]).contains("MARKER"));
    // Where it does not belong, in a file whose tags are mixed up.
    let lost = WHOLE.replace("</MetaData>", "<Limits><Password>MARKER</Password></Limits></MetaData>");
    std::fs::write(files.path("lost.xml"), lost).unwrap();
    assert!(!format!("{:?}", read(&files.path("lost.xml"))).contains("MARKER"));
    // A password may begin like an element.
    std::fs::write(files.path("odd"), "<a>b\n").unwrap();
    assert_eq!(reveal("odd"), Ok("<a>b".to_owned()));
}

#[test]
fn what_is_odd_is_told_and_the_rest_taken_over() {
    let files = Files::new(&[("old.xml", OLD)]);
    let (servers, told) = read_all(&files.path("old.xml"));
    let expected = [
        "line 10: <SecurityPolicyUri> is written where </SecurityPolicyUri> is meant",
        "line 14: </Url> ends <Uri>",
        "line 17: </Max> ends <Min>",
        "line 20: </Stray> ends nothing",
        "line 22: the file ends before </OpcUaClient>",
        "line 5: <SecurityPolicyUri>: this policy can be broken and is not used any more",
        "line 12: <Color>: nothing here is called so: left out",
        "line 19: <Node>: it needs a ValueName and a NodeId: left out",
        "line 21: <Node>: Array is neither 0 nor 1: taken for 0",
    ];
    assert_eq!(told, expected);
    let [server] = servers.as_slice() else { panic!("{servers:?}") };
    assert_eq!((server.name.as_str(), server.endpoint.as_str()), ("old", "opc.tcp://127.0.0.1:8889"));
    assert_eq!(
        (server.security_policy, server.security_mode),
        (SecurityPolicy::Basic256Sha256, SecurityMode::SignAndEncrypt)
    );
    assert_eq!((server.user.as_str(), server.namespaces.as_slice()), ("user1", ["urn:a".to_owned()].as_slice()));
    let [interval, last] = server.variable.as_slice() else { panic!("{server:?}") };
    assert_eq!(serde_json::to_string(&interval.meta).unwrap(), r#"{"Limits":{"Min":"0","Max":"1"}}"#);
    assert_eq!((last.name.as_str(), last.r#type.as_str(), last.array), ("Last", "Byte", false));
}

#[test]
fn a_secured_server_never_becomes_a_less_secured_one() {
    let security = |parts: &str| {
        let files = Files::new(&[("s.xml", &format!("<OpcUaClient><Endpoint>{parts}</Endpoint></OpcUaClient>"))]);
        let (servers, told) = read_all(&files.path("s.xml"));
        (servers[0].security_policy, servers[0].security_mode, told.len())
    };
    let (none, secured) = (SecurityPolicy::None, SecurityPolicy::Basic256Sha256);
    assert_eq!(security(""), (none, SecurityMode::None, 0));
    assert_eq!(
        security("<SecurityPolicyUri>urn:x#New</SecurityPolicyUri>"),
        (secured, SecurityMode::SignAndEncrypt, 2)
    );
    assert_eq!(security("<SecurityMode>Sign</SecurityMode>"), (secured, SecurityMode::Sign, 1));
    let both = "<SecurityMode>Secret</SecurityMode><SecurityPolicyUri>urn:x#Basic256</SecurityPolicyUri>";
    assert_eq!(security(both), (secured, SecurityMode::SignAndEncrypt, 2));
    // Together they make no sense; the check says so.
    let half = "<SecurityMode>Sign</SecurityMode><SecurityPolicyUri>urn:x#None</SecurityPolicyUri>";
    assert_eq!(security(half), (none, SecurityMode::Sign, 0));
}

#[test]
fn a_model_file_names_the_clients_files() {
    let model = |body: &str| format!("<OpcUaWebServerModel><SSL>on</SSL>{body}</OpcUaWebServerModel>");
    let named = "<OpcUaClient><ClientConfigFile>@CONF_DIR@/a.xml</ClientConfigFile><ClientConfigFile>b.xml</ClientConfigFile>\
                 <ClientConfigFile>@CONF_DIR@/gone.xml</ClientConfigFile><F>m.xml</F></OpcUaClient>";
    let off = "<OpcUaClient Disable=\"1\"><ClientConfigFile>a.xml</ClientConfigFile></OpcUaClient>";
    let other = WHOLE.replace("\"plant\"", "\"other\"");
    let files = [("m.xml", model(named)), ("off.xml", model(off)), ("a.xml", WHOLE.to_owned()), ("b.xml", other)];
    let files = Files::new(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let (servers, told) = read_all(&files.path("m.xml"));
    assert_eq!(servers.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["plant", "other"]);
    assert_eq!(told, ["!there is no such file", "!it has no server"]);
    let (servers, told) = read_all(&files.path("off.xml"));
    assert_eq!((servers.len(), told), (0, vec!["!it has no server and names no file that has one".to_owned()]));
}

#[test]
fn servers_are_appended_and_checked_with_the_others() {
    let files = Files::new(&[("a.xml", WHOLE)]);
    let path = |name| files.path(name).display().to_string();
    let mut own = Values::default();
    own.set("name", Value::Text("own".to_owned()));
    own.set("endpoint", Value::Text("opc.tcp://127.0.0.1".to_owned()));
    let mut values = Values::default();
    values.set("server", Value::Tables(vec![own]));
    assert_eq!(expand(&mut values), []);
    values.set("import", Value::Texts(vec![path("a.xml"), path("gone.xml")]));
    let told = expand(&mut values);
    assert_eq!(told.iter().map(|bad| bad.is_usable).collect::<Vec<_>>(), [false]);
    let settings = OpcuaSettings::from_values(&values);
    assert_eq!(settings.server.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["own", "plant"]);
    assert_eq!(check(&values), []);
}

#[test]
fn what_is_printed_is_read_back_the_same() {
    let files = Files::new(&[("a.xml", WHOLE)]);
    let server = read(&files.path("a.xml")).servers.remove(0);
    let text = to_toml(&server);
    let password_file = files.path("a.xml").display().to_string();
    let expected = format!(
        r#"[[opcua.server]]
name = "plant"
endpoint = "opc.tcp://127.0.0.1:4840"
application_uri = "urn:plant:server"
user = "operator"
password_file = "{password_file}"
security_policy = "Aes256_Sha256_RsaPss"
security_mode = "Sign"
namespaces = ["urn:plant", "urn:plant:history"]

[[opcua.server.variable]]
name = "Oven"
node = "ns=1;i=218"
type = "Double"
meta = {{ Area = "2", DisplayName = "Oven <north>", Limits = {{ Min = "0", Max = "400" }}, Color = ["RED", "BLUE"], Steps = ["1", "2"], Detail = "", Note = {{ kind = "x", text = "a < b" }} }}

[[opcua.server.variable]]
name = "Flags"
node = "ns=2;s=Flags"
type = "Boolean"
array = true
"#
    );
    // The order of the keys is that of the file, but for those of the user.
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines[..9].sort();
        lines
    };
    assert_eq!(sorted(&text), sorted(&expected));
}

#[test]
fn files_that_are_something_else_are_refused() {
    let deep = "<a>".repeat(100);
    let many = format!("<a>{}</a>", "<b/>".repeat(600_000));
    let long = " ".repeat(17 * 1024 * 1024);
    for (text, expected) in [
        ("", "!there is no XML in it"),
        ("just text", "!there is no XML in it"),
        ("<a/>", "!it has no server and names no file that has one"),
        ("<!DOCTYPE a [<!ENTITY x \"y\">]><a/>", "!line 1: its document type has entities, which are not read"),
        (
            "<!DOCTYPE a [<!entity % x SYSTEM \"y\">]><a/>",
            "!line 1: its document type has entities, which are not read",
        ),
        (
            "<OpcUaClient>\n<Endpoint>&x;</Endpoint></OpcUaClient>",
            "!line 2: it refers to an entity that is not one of XML's own",
        ),
        ("<a>\n<b", "!line 2: it is no XML from here on"),
        (&deep, "!line 1: its elements are nested too deep"),
        (&many, "!line 1: its elements are too many"),
        (&long, "!it is longer than 16 MiB"),
    ] {
        let files = Files::new(&[("x.xml", text)]);
        let (servers, told) = read_all(&files.path("x.xml"));
        assert_eq!((servers, told.last().map(String::as_str)), (vec![], Some(expected)));
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(!read(folder.path()).told[0].is_usable);
}

#[test]
fn other_encodings_are_read() {
    let text = "<OpcUaClient Name=\"Öl\"><Endpoint/></OpcUaClient>";
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide: Vec<u8> = [0xFEFFu16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let (little, big): (Vec<u8>, Vec<u8>) = (
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    );
    let declared = |name: &str| [format!("<?xml version='1.0' encoding='{name}'?>").as_bytes(), &latin].concat();
    let (windows, other) = (declared("windows-1252"), declared("utf-8"));
    for (bytes, odd) in [(latin.clone(), 1), (wide, 0), (marked, 0), (little, 0), (big, 0), (windows, 0), (other, 1)] {
        let files = Files::new(&[]);
        std::fs::write(files.path("x.xml"), bytes).unwrap();
        let (servers, told) = read_all(&files.path("x.xml"));
        assert_eq!((servers[0].name.as_str(), told.len()), ("Öl", odd));
    }
    let euro = [b"<OpcUaClient Name=\"".as_slice(), b"\x80\x93", b"\"><Endpoint/></OpcUaClient>"].concat();
    assert_eq!(file::decoded(euro).0.matches("€“").count(), 1, "where Latin-1 has no letters");
}

#[test]
fn a_document_type_is_passed_over() {
    let kind = "<!DOCTYPE OpcUaClient SYSTEM \"client.dtd\" [<!ELEMENT OpcUaClient ANY>]>\n";
    let files = Files::new(&[("a.xml", &format!("{kind}{}", WHOLE.split_once("?>").unwrap().1))]);
    let (servers, told) = read_all(&files.path("a.xml"));
    assert_eq!((servers.len(), told.len()), (1, 0));
    assert_eq!(password(&files.path("a.xml")).unwrap().reveal(), "MARKER&A");
}

/// Pieces of files, whole and broken.
fn xml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<OpcUaClient Name=\"a\">".to_owned()),
        Just("</OpcUaClient>".to_owned()),
        Just("<Endpoint>".to_owned()),
        Just("</Endpoint>".to_owned()),
        Just("<NodeList>".to_owned()),
        Just("<Node ValueName=\"x\" NodeId='ns=1;i=1'>".to_owned()),
        Just("</Node>".to_owned()),
        Just("<MetaData type=\"array\">".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("&#x110000;".to_owned()),
        Just("&".to_owned()),
        Just("<!--".to_owned()),
        any::<String>(),
        "[<>/a&;=\"' ]{0,12}",
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in xml()) {
        if let Ok(parsed) = tree::parse(&text) {
            let mut import = Import::default();
            client::server(&parsed.root, Path::new("x.xml"), &mut import);
            for server in import.servers {
                let _ = to_toml(&server);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_text(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let (text, odd) = file::decoded(bytes.clone());
        prop_assert!(odd.is_none() || std::str::from_utf8(&bytes).is_err());
        let _ = tree::parse(&text);
    }

    #[test]
    fn any_text_is_quoted(name in any::<String>(), key in any::<String>(), number in any::<i64>()) {
        let mut server = Values::default();
        server.set("name", Value::Text(name.clone()));
        let notes = serde_json::Map::from_iter([(key.clone(), serde_json::json!([name, number, {"a": 1.5}]))]);
        server.set("meta", Value::Free(notes));
        let text = to_toml(&server);
        let read: ::toml::Table = text.parse().map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        let server = &read["opcua"]["server"][0];
        prop_assert_eq!(server["name"].as_str(), Some(name.as_str()));
        prop_assert_eq!(server["meta"][&key][0].as_str(), Some(name.as_str()));
        prop_assert_eq!(server["meta"][&key][1].as_integer(), Some(number));
    }
}
