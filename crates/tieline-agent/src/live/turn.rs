//! The turn that runs or waits in this process, as others see it: to stop it, to decide about its calls, to show it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tieline_domain::{CallId, TurnId};
use tieline_hub::Caller;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::event::Decision;
use crate::transcript::SessionState;

/// Why a turn was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its person stopped it.
    Person,
    /// Its person was suspended.
    Suspended,
    /// Its session is being deleted.
    Deleted,
    /// The process ends.
    Closing,
    /// Another process took it over, or the database does not take what happens.
    Lost,
}

/// A turn of this process.
#[derive(Debug)]
pub(crate) struct RunningTurn {
    pub(crate) id: TurnId,
    pub(crate) caller: Caller,
    pub(crate) cancel: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    why: Option<Why>,
    shown: SessionState,
    approvals: HashMap<CallId, oneshot::Sender<Decision>>,
}

impl RunningTurn {
    pub(crate) fn new(id: TurnId, caller: Caller, shown: SessionState) -> Self {
        let state = State {
            why: None,
            shown,
            approvals: HashMap::new(),
        };
        Self {
            id,
            caller,
            cancel: CancellationToken::new(),
            state: Mutex::new(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it. Of several reasons the first one counts.
    pub(crate) fn end(&self, why: Why) {
        self.lock().why.get_or_insert(why);
        self.cancel.cancel();
    }

    pub(crate) fn why(&self) -> Option<Why> {
        self.lock().why
    }

    pub(crate) fn shown(&self) -> SessionState {
        self.lock().shown
    }

    pub(crate) fn show(&self, shown: SessionState) {
        self.lock().shown = shown;
    }

    /// Waits for a decision about this call.
    pub(crate) fn ask(&self, call: CallId) -> oneshot::Receiver<Decision> {
        let (decide, decided) = oneshot::channel();
        self.lock().approvals.insert(call, decide);
        decided
    }

    /// Passes a decision on, if the call still waits for one.
    pub(crate) fn decide(&self, call: CallId, decision: Decision) {
        if let Some(waiting) = self.lock().approvals.remove(&call) {
            let _ = waiting.send(decision);
        }
    }

    /// Whether this call waits here.
    pub(crate) fn asks(&self, call: CallId) -> bool {
        self.lock().approvals.contains_key(&call)
    }
}
