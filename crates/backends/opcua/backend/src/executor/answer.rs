//! The words of answers.
//!
//! Promises: what went wrong between us and the server has one of five names; what the server itself said about a write is
//! marked as its own.

use bytes::Bytes;
use opcua::types::StatusCode;
use tieline_opcua_client::is_lost;
use tieline_opcua_values::status_code;

/// `{"StatusCode":…}` for something that did not come to an answer of the server.
pub(crate) fn failed(status: StatusCode) -> Bytes {
    let status = match status {
        status if is_lost(status) => StatusCode::BadSessionClosed,
        StatusCode::BadRequestTimeout => StatusCode::BadTimeout,
        status => status,
    };
    said(status)
}

/// `{"StatusCode":…}` as it is.
pub(crate) fn said(status: StatusCode) -> Bytes {
    let mut json = Vec::with_capacity(48);
    status_code(status, &mut json);
    json.into()
}

/// What became of a write.
pub(crate) fn written(result: Result<StatusCode, StatusCode>) -> Bytes {
    match result {
        Ok(status) if !status.is_bad() => Bytes::from_static(b"{}"),
        Ok(status) => by_server(status),
        Err(status) if is_lost(status) || is_ours(status) => failed(status),
        // The server refused the whole request.
        Err(status) => by_server(status),
    }
}

fn is_ours(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTimeout
            | StatusCode::BadRequestTimeout
            | StatusCode::BadInternalError
            | StatusCode::BadNodeIdInvalid
    )
}

fn by_server(status: StatusCode) -> Bytes {
    let mut json = said(status).to_vec();
    json.pop();
    json.extend_from_slice(br#","By":"server"}"#);
    json.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_contract() {
        assert_eq!(failed(StatusCode::BadCommunicationError), r#"{"StatusCode":"BadSessionClosed"}"#);
        assert_eq!(failed(StatusCode::BadTimeout), r#"{"StatusCode":"BadTimeout"}"#);
        assert_eq!(written(Ok(StatusCode::Good)), "{}");
        assert_eq!(written(Ok(StatusCode::GoodCompletesAsynchronously)), "{}");
        assert_eq!(written(Ok(StatusCode::BadTypeMismatch)), r#"{"StatusCode":"BadTypeMismatch","By":"server"}"#);
        assert_eq!(
            written(Err(StatusCode::BadTooManyOperations)),
            r#"{"StatusCode":"BadTooManyOperations","By":"server"}"#
        );
        assert_eq!(written(Err(StatusCode::BadTimeout)), r#"{"StatusCode":"BadTimeout"}"#);
        assert_eq!(written(Err(StatusCode::BadSessionIdInvalid)), r#"{"StatusCode":"BadSessionClosed"}"#);
    }
}
