//! The plain answers.

use super::{Connection, Subscription};
use opcua::core::{RequestMessage, ResponseMessage};
use opcua::crypto::SecurityPolicy;
use opcua::types::*;
use std::sync::atomic::Ordering;

impl Connection {
    pub(super) fn some(
        &mut self,
        id: u32,
        request: RequestMessage,
        header: &RequestHeader,
        room: usize,
    ) -> Option<ResponseMessage> {
        let RequestMessage::CreateMonitoredItems(mut asked) = request else { return None };
        let left = asked.items_to_create.as_mut().map(|items| items.split_off(room)).unwrap_or_default();
        let mut answer = self.plain(id, RequestMessage::CreateMonitoredItems(asked), header)?;
        if let ResponseMessage::CreateMonitoredItems(made) = &mut answer {
            let too_many =
                MonitoredItemCreateResult { status_code: StatusCode::BadTooManyMonitoredItems, ..Default::default() };
            made.results.get_or_insert_default().extend(left.iter().map(|_| too_many.clone()));
        }
        Some(answer)
    }

    pub(super) fn plain(
        &mut self,
        id: u32,
        request: RequestMessage,
        header: &RequestHeader,
    ) -> Option<ResponseMessage> {
        let response_header = ResponseHeader::new_good(header);
        let known = self.known.clone();
        Some(match request {
            RequestMessage::OpenSecureChannel(_) => {
                self.channel.set_token_id(1);
                self.channel.set_secure_channel_id(1);
                let security_token = ChannelSecurityToken {
                    channel_id: 1,
                    token_id: 1,
                    created_at: DateTime::now(),
                    revised_lifetime: 600_000,
                };
                OpenSecureChannelResponse {
                    response_header,
                    server_protocol_version: 0,
                    security_token,
                    server_nonce: ByteString::null(),
                }
                .into()
            }
            RequestMessage::CloseSecureChannel(_) => return None,
            RequestMessage::GetEndpoints(_) => {
                let endpoint = EndpointDescription {
                    endpoint_url: self.url.as_str().into(),
                    security_policy_uri: SecurityPolicy::None.to_uri().into(),
                    security_mode: MessageSecurityMode::None,
                    user_identity_tokens: Some(vec![UserTokenPolicy::anonymous()]),
                    ..Default::default()
                };
                GetEndpointsResponse { response_header, endpoints: Some(vec![endpoint]) }.into()
            }
            RequestMessage::CreateSession(_) => {
                let mut sessions = known.sessions.lock().unwrap();
                sessions.made += 1;
                let token = sessions.made;
                sessions.open.push(token);
                sessions.most = sessions.most.max(sessions.open.len());
                CreateSessionResponse {
                    response_header,
                    session_id: NodeId::new(1, token),
                    authentication_token: NodeId::new(1, token),
                    revised_session_timeout: 60_000.0,
                    server_nonce: vec![7u8; 32].into(),
                    ..Default::default()
                }
                .into()
            }
            RequestMessage::ActivateSession(_) if !known.has(&header.authentication_token) => {
                ServiceFault::new(header, StatusCode::BadSessionIdInvalid).into()
            }
            RequestMessage::ActivateSession(_) => {
                ActivateSessionResponse { response_header, server_nonce: vec![7u8; 32].into(), ..Default::default() }
                    .into()
            }
            RequestMessage::CloseSession(_) => {
                if let Identifier::Numeric(token) = header.authentication_token.identifier {
                    known.sessions.lock().unwrap().open.retain(|open| *open != token);
                    known.subscriptions.lock().unwrap().clear();
                }
                CloseSessionResponse { response_header }.into()
            }
            RequestMessage::Read(read) => {
                let nodes = read.nodes_to_read.unwrap_or_default();
                let results = Some(nodes.iter().map(|node| known.value(&node.node_id)).collect());
                ReadResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::Write(write) => {
                let results = Some(vec![StatusCode::Good; write.nodes_to_write.unwrap_or_default().len()]);
                WriteResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::CreateSubscription(asked) => {
                let mut subscriptions = known.subscriptions.lock().unwrap();
                let subscription_id = known.count("CreateSubscription") as u32;
                let most = asked.max_notifications_per_publish as usize;
                let next = known.first_report.load(Ordering::Relaxed);
                subscriptions.insert(subscription_id, Subscription { next, most, ..Default::default() });
                CreateSubscriptionResponse {
                    response_header,
                    subscription_id,
                    revised_publishing_interval: asked.requested_publishing_interval,
                    revised_lifetime_count: asked.requested_lifetime_count,
                    revised_max_keep_alive_count: asked.requested_max_keep_alive_count,
                }
                .into()
            }
            RequestMessage::DeleteSubscriptions(asked) => {
                let ids = asked.subscription_ids.unwrap_or_default();
                ids.iter().for_each(|id| drop(known.subscriptions.lock().unwrap().remove(id)));
                let results = Some(vec![StatusCode::Good; ids.len()]);
                DeleteSubscriptionsResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::CreateMonitoredItems(asked) => {
                let items = asked.items_to_create.unwrap_or_default();
                let mut subscriptions = known.subscriptions.lock().unwrap();
                let Some(subscription) = subscriptions.get_mut(&asked.subscription_id) else {
                    return Some(ServiceFault::new(header, StatusCode::BadSubscriptionIdInvalid).into());
                };
                subscription.waiting.extend(items.iter().map(|item| MonitoredItemNotification {
                    client_handle: item.requested_parameters.client_handle,
                    value: known.value(&item.item_to_monitor.node_id),
                }));
                let made = |item: &MonitoredItemCreateRequest| MonitoredItemCreateResult {
                    monitored_item_id: item.requested_parameters.client_handle,
                    ..Default::default()
                };
                let results = Some(items.iter().map(made).collect());
                CreateMonitoredItemsResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::DeleteMonitoredItems(asked) => {
                let results = Some(vec![StatusCode::Good; asked.monitored_item_ids.unwrap_or_default().len()]);
                DeleteMonitoredItemsResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::Publish(_) => {
                self.publishes.push_back((id, header.clone()));
                PublishResponse { response_header, ..Default::default() }.into()
            }
            _ => ServiceFault::new(header, StatusCode::BadServiceUnsupported).into(),
        })
    }
}
