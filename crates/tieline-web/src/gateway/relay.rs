//! What a server sends while it works, on its way to the one client that waits for it.
//!
//! Progress tokens are per hop: the server gets one that nobody can guess, so that no client's token, which is often
//! just a small number, ever meets another's.

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_domain::Entropy;
use tieline_mcp::raw::{self, RawError, RawObject};

use super::sessions::random;

/// Maps one call's notifications.
#[derive(Debug)]
pub(super) struct Relay {
    /// The client's token and the one that stands for it towards the server.
    progress: Option<(Box<RawValue>, Box<RawValue>)>,
    /// Whether the client asked for log messages of this call.
    logs: bool,
}

impl Relay {
    /// `token` is the client's; anything but a string or an integer is none.
    pub(super) fn new(entropy: &dyn Entropy, token: Option<&RawValue>, logs: bool) -> Self {
        let own = || raw::raw_str(&random::<16>(entropy));
        let progress = token
            .filter(|token| is_token(token))
            .map(|token| (token.to_owned(), own()));
        Self { progress, logs }
    }

    /// Passes nothing on: for a client that can't take a stream.
    pub(super) fn closed() -> Self {
        Self {
            progress: None,
            logs: false,
        }
    }

    /// Whether it is worth a stream. Servers are not asked for log messages yet, so those alone are not.
    pub(super) fn is_wanted(&self) -> bool {
        self.progress.is_some()
    }

    /// The parameters as they go to the server: with our token, or with none.
    pub(super) fn outgoing(&self, params: &RawValue) -> Result<Box<RawValue>, RawError> {
        let mut outgoing = RawObject::parse(params)?;
        let Some(meta) = outgoing.get_object("_meta")? else {
            return Ok(params.to_owned());
        };
        let meta = match &self.progress {
            Some((_, own)) => meta.with("progressToken", &**own).to_box(),
            None => meta.without(&["progressToken"]).to_box(),
        };
        outgoing.set("_meta", meta);
        Ok(outgoing.to_box())
    }

    /// A notification as the client is to see it; nothing for one that is not about its call.
    pub(super) fn incoming(&self, message: &RawValue) -> Option<Bytes> {
        let message = RawObject::parse(message).ok()?;
        match message.get_str("method").as_deref()? {
            "notifications/progress" => {
                let (client, own) = self.progress.as_ref()?;
                let params = message.get_object("params").ok()??;
                if params.get_str("progressToken") != raw::as_str(own) {
                    return None;
                }
                let params = params.with("progressToken", &**client).to_box();
                Some(message.clone().with("params", params).to_json().into())
            }
            "notifications/message" if self.logs => Some(message.to_json().into()),
            _ => None,
        }
    }
}

fn is_token(token: &RawValue) -> bool {
    token
        .get()
        .starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use tieline_testkit::SeededEntropy;

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("test JSON")
    }

    fn token_of(params: &RawValue) -> serde_json::Value {
        let params: serde_json::Value = serde_json::from_str(params.get()).expect("JSON");
        params["_meta"]["progressToken"].clone()
    }

    #[test]
    fn two_clients_with_the_same_token_never_hear_each_other() {
        let entropy = SeededEntropy::default();
        let params =
            raw(r#"{"name":"x","arguments":{"n":1.0},"_meta":{"progressToken":1,"k":"v"}}"#);
        let token = raw("1");
        let (ada, bob) = (
            Relay::new(&entropy, Some(&token), false),
            Relay::new(&entropy, Some(&token), false),
        );
        let (to_ada, to_bob) = (
            ada.outgoing(&params).unwrap(),
            bob.outgoing(&params).unwrap(),
        );
        assert_ne!(token_of(&to_ada), token_of(&to_bob));
        assert!(
            to_ada.get().contains(r#""arguments":{"n":1.0}"#)
                && to_ada.get().contains(r#""k":"v""#)
        );

        let news = raw(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{},"progress":0.50,"x":[]}}}}"#,
            token_of(&to_ada)
        ));
        assert_eq!(
            ada.incoming(&news).unwrap(),
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":0.50,"x":[]}}"#
        );
        assert_eq!(bob.incoming(&news), None);
    }

    #[test]
    fn a_token_that_nobody_waits_for_is_taken_out() {
        let params = raw(r#"{"_meta":{"progressToken":"a","traceparent":"t"}}"#);
        assert_eq!(
            Relay::closed().outgoing(&params).unwrap().get(),
            r#"{"_meta":{"traceparent":"t"}}"#
        );
        let odd = Relay::new(&SeededEntropy::default(), Some(&raw("{}")), false);
        assert!(!odd.is_wanted());
    }

    #[test]
    fn other_notifications_stay_away() {
        let relay = Relay::new(&SeededEntropy::default(), None, false);
        let log = raw(
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1e2}}"#,
        );
        assert_eq!(relay.incoming(&log), None);
        assert_eq!(
            relay.incoming(&raw(r#"{"method":"notifications/tools/list_changed"}"#)),
            None
        );
        let relay = Relay::new(&SeededEntropy::default(), None, true);
        assert_eq!(relay.incoming(&log).unwrap(), log.get());
    }
}
