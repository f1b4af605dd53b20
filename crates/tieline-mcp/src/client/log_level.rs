//! Log messages in the legacy era: the level is a matter of the whole session, so the server is told before a call that
//! wants another one than the call before it.

use std::pin::Pin;

use super::ask::{Ask, Got};
use super::call::CallRequest;
use super::message::{Answer, STRICT_DEPTH};
use super::pace::Pace;
use super::target::Target;
use super::upstream::{Flight, Upstream};
use crate::raw::{RawObject, raw_str};
use crate::wire::{Era, LogLevel, META_LOG_LEVEL};

impl Upstream {
    /// Makes the session's level what the request's `_meta` asks for. Failures do not matter: the call goes on, with
    /// more or fewer messages than were wanted.
    ///
    /// Its type is hidden, because a call seldom needs it and has enough states of its own.
    pub(super) fn agree_on_logs<'a>(
        &'a self,
        target: &'a Target,
        request: &'a CallRequest<'_>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(self.set_level(target, request))
    }

    async fn set_level(&self, target: &Target, request: &CallRequest<'_>) {
        let Some(level) = wanted(request.params) else {
            return;
        };
        let pace = Pace::until(&self.inner.http.limits, request.deadline);
        // The link first: only then it is known what the server promises.
        let Ok(link) = self.link(target, pace).await else {
            return;
        };
        if link.era() == Era::Modern || !self.promises().logs || self.log_level() == Some(level) {
            return;
        }
        let params = RawObject::new().with("level", raw_str(level.as_str()));
        let ask = Ask {
            method: "logging/setLevel",
            named: None,
            params: &params,
            param_headers: None,
            notifications: None,
            capabilities: None,
            asking: None,
            hold: None,
            pass_on: None,
            pace: pace.first_byte_within(self.inner.http.limits.detection),
            max_depth: STRICT_DEPTH,
        };
        let answered = self.ask(target, &ask, &Flight::default()).await;
        if matches!(answered, Ok((_, Got::Whole(Answer::Result(_))))) {
            self.note_log_level(level);
        }
    }
}

fn wanted(params: &RawObject<'_>) -> Option<LogLevel> {
    let meta = params.get_object("_meta").ok()??;
    meta.get_str(META_LOG_LEVEL)?.parse().ok()
}
