//! What a server sends while it works, on its way to the one client that waits for it.
//!
//! Progress tokens are per hop: the server gets one that nobody can guess, so that no client's token, which is often
//! just a small number, ever meets another's.

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_domain::Entropy;
use tieline_mcp::raw::{self, RawError, RawObject};
use tieline_mcp::wire::{LogLevel, META_LOG_LEVEL};

use super::sessions::random;

/// Maps one call's notifications.
#[derive(Debug)]
pub(super) struct Relay {
    /// The client's token and the one that stands for it towards the server.
    progress: Option<(Box<RawValue>, Box<RawValue>)>,
    logs: Logs,
}

/// Which log messages of a call its client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logs {
    /// None: a modern client has to ask for them.
    None,
    /// All that the server sends: a legacy client that set no level leaves that to the server.
    All,
    /// Those of this level and above.
    From(LogLevel),
}

impl Logs {
    fn take(self, message: &RawObject<'_>) -> bool {
        let level = || {
            let level = message.get_in(&["params", "level"])?;
            raw::as_str(&level)?.parse::<LogLevel>().ok()
        };
        match self {
            Self::None => false,
            Self::All => true,
            Self::From(least) => level().is_some_and(|level| level >= least),
        }
    }
}

impl Relay {
    /// `token` is the client's; anything but a string or an integer is none.
    pub(super) fn new(entropy: &dyn Entropy, token: Option<&RawValue>, logs: Logs) -> Self {
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
            logs: Logs::None,
        }
    }

    /// From now on for a later request about the same call, which has a token of its own or none.
    pub(super) fn continue_under(&mut self, token: Option<&RawValue>) {
        let own = self.progress.take().map(|(_, own)| own);
        let token = token.filter(|token| is_token(token));
        self.progress = token.map(ToOwned::to_owned).zip(own);
    }

    /// Whether the client waits for progress, which is worth a stream from the first moment on.
    pub(super) fn reports(&self) -> bool {
        self.progress.is_some()
    }

    /// Whether anything may have to be passed on.
    pub(super) fn is_wanted(&self) -> bool {
        self.progress.is_some() || self.logs != Logs::None
    }

    /// Whether the parameters have to be changed before they go to the server.
    pub(super) fn changes_params(&self) -> bool {
        self.progress.is_some() || matches!(self.logs, Logs::From(_))
    }

    /// The parameters as they go to the server: with our token, or with none, and with the level of messages.
    pub(super) fn outgoing(&self, params: &RawValue) -> Result<Box<RawValue>, RawError> {
        let mut outgoing = RawObject::parse(params)?;
        let held = outgoing.get_object("_meta")?;
        if held.is_none() && !self.changes_params() {
            return Ok(params.to_owned());
        }
        let mut meta = held.unwrap_or_default();
        match &self.progress {
            Some((_, own)) => meta.set("progressToken", &**own),
            None => meta = meta.without(&["progressToken"]),
        }
        if let Logs::From(level) = self.logs {
            meta.set(META_LOG_LEVEL, raw::raw_str(level.as_str()));
        }
        let meta = meta.to_box();
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
            "notifications/message" if self.logs.take(&message) => Some(message.to_json().into()),
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
            Relay::new(&entropy, Some(&token), Logs::None),
            Relay::new(&entropy, Some(&token), Logs::None),
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
        let odd = Relay::new(&SeededEntropy::default(), Some(&raw("{}")), Logs::None);
        assert!(!odd.is_wanted());
    }

    #[test]
    fn other_notifications_stay_away() {
        let relay = Relay::new(&SeededEntropy::default(), None, Logs::None);
        let log = raw(
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1e2}}"#,
        );
        assert_eq!(relay.incoming(&log), None);
        assert_eq!(
            relay.incoming(&raw(r#"{"method":"notifications/tools/list_changed"}"#)),
            None
        );
        let relay = Relay::new(&SeededEntropy::default(), None, Logs::All);
        assert_eq!(relay.incoming(&log).unwrap(), log.get());
        for (least, passes) in [
            (LogLevel::Debug, true),
            (LogLevel::Info, true),
            (LogLevel::Error, false),
        ] {
            let relay = Relay::new(&SeededEntropy::default(), None, Logs::From(least));
            assert_eq!(relay.incoming(&log).is_some(), passes, "{least}");
            let outgoing = relay.outgoing(&raw("{}")).unwrap();
            assert!(outgoing.get().contains(least.as_str()));
        }
    }
}
