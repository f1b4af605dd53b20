//! Hearing from other replicas that something changed, sooner than the next poll.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx_postgres::{PgListener, PgPool};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::Store;
use crate::dialect::Db;

const CHANNEL: &str = "tieline_config";
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// The listener, started by the first wait: a command of the command line does not need one.
#[derive(Default)]
pub(crate) struct Nudges {
    heard: Arc<Notify>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Nudges {
    fn start(&self, pool: &PgPool) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.is_none() && !pool.is_closed() {
            *listener = Some(tokio::spawn(listen(pool.clone(), self.heard.clone())));
        }
    }

    pub(crate) fn stop(&self) {
        if let Some(task) = self
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            task.abort();
        }
    }
}

impl Drop for Nudges {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Store {
    /// Returns when another replica may have changed something. One waiter at a time; a nudge between two waits is
    /// kept. Never returns on SQLite, and a nudge can be lost, so this only shortens the wait for the next poll.
    pub async fn wait_for_nudge(&self) {
        match self.db() {
            Db::Sqlite { .. } => std::future::pending().await,
            Db::Postgres { pool } => {
                self.nudges().start(pool);
                self.nudges().heard.notified().await;
            }
        }
    }
}

async fn listen(pool: PgPool, heard: Arc<Notify>) {
    while !pool.is_closed() {
        if let Err(error) = listen_once(&pool, &heard).await {
            tracing::warn!(%error, "not listening for changes of other replicas; polling goes on");
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

async fn listen_once(pool: &PgPool, heard: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // Something may have changed while nobody listened.
    heard.notify_one();
    loop {
        // `None` means that the connection was lost, and with it perhaps a notification.
        listener.try_recv().await?;
        heard.notify_one();
    }
}
