//! Task ids as clients know them: a server's own id, sealed together with whose task it is.
//!
//! Behind a shared token a server cannot tell our users apart, so whoever learned an id could read another's result.
//! Nothing is stored: a task outlives the process that passed it on, and every replica opens its id.

use tieline_domain::{ConnectorId, UserId};
use tieline_secrets::slip_length;

use crate::Hub;

/// The longest id that is given out or taken, in bytes. Clients repeat it in a header.
pub const MAX_TASK_ID: usize = 2 << 10;
const PURPOSE: &str = "task id";

/// A task at one connector's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldTask {
    /// The connector.
    pub connector: ConnectorId,
    /// The server's own id.
    pub id: String,
}

impl Hub {
    /// Seals a server's task id for the person whose call made the task; nothing when it is too long.
    pub fn seal_task(&self, owner: UserId, task: &HeldTask) -> Option<String> {
        let content = format!("{owner}\n{}\n{}", task.connector, task.id);
        let fits = slip_length(content.len()) <= MAX_TASK_ID;
        let keyring = &self.inner.keyring;
        fits.then(|| keyring.seal_slip(self.entropy(), PURPOSE, content.as_bytes()))
    }

    /// The task behind an id that a person brings; nothing when it is another's or was not given out by Tieline.
    pub fn open_task(&self, owner: UserId, text: &str) -> Option<HeldTask> {
        if text.len() > MAX_TASK_ID {
            return None;
        }
        let content = self.inner.keyring.open_slip(PURPOSE, text)?;
        let content = String::from_utf8(content).ok()?;
        let (whose, rest) = content.split_once('\n')?;
        let (connector, id) = rest.split_once('\n')?;
        if whose != owner.to_string() {
            return None;
        }
        Some(HeldTask {
            connector: ConnectorId::parse(connector).ok()?,
            id: id.to_owned(),
        })
    }
}
