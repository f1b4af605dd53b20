//! Stores what turns do, many turns in one commit.
//!
//! A commit costs the same for one row as for hundreds, so everything that arrives while one commit runs goes into the
//! next. What nobody waits for is held back a moment, so that an answer of the model does not cost a commit per word.

use std::time::Duration;

use tieline_domain::SessionId;
use tieline_store::{AgentWrite, AgentWritten, Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// How long what nobody waits for is held back.
const HOLD: Duration = Duration::from_millis(100);
/// How much one commit takes.
const AT_ONCE: usize = 512;
/// How often a busy database is asked again, and after how long.
const TRIES: u32 = 3;
const BETWEEN: Duration = Duration::from_millis(50);

type Answer = Result<AgentWritten, StoreError>;

/// The way to the task that writes. Nothing is lost while it runs; it ends when every sender is gone.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::UnboundedSender<Job>,
}

#[derive(Debug)]
struct Job {
    session: SessionId,
    write: AgentWrite,
    urgent: bool,
    answer: oneshot::Sender<Answer>,
}

impl Writer {
    pub(crate) fn start(store: Store) -> (Self, tokio::task::JoinHandle<()>) {
        let (jobs, queue) = mpsc::unbounded_channel();
        (Self { jobs }, tokio::spawn(write_all(store, queue)))
    }

    /// Hands something over, to be written after everything that was handed over before. This does not wait, so that
    /// it can be done while the order of events is locked; the answer tells when it is stored.
    pub(crate) fn submit(
        &self,
        session: SessionId,
        write: AgentWrite,
        urgent: bool,
    ) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            session,
            write,
            urgent,
            answer,
        };
        // Without a writer the answer is dropped, which the caller takes for a database that is gone.
        let _ = self.jobs.send(job);
        answered
    }
}

/// Waits for an answer of the writer.
pub(crate) async fn written(answered: oneshot::Receiver<Answer>) -> Answer {
    answered.await.unwrap_or(Err(StoreError::Busy))
}

async fn write_all(store: Store, mut queue: mpsc::UnboundedReceiver<Job>) {
    while let Some(batch) = next_batch(&mut queue).await {
        write_batch(&store, batch).await;
    }
}

async fn next_batch(queue: &mut mpsc::UnboundedReceiver<Job>) -> Option<Vec<Job>> {
    let first = queue.recv().await?;
    let until = Instant::now() + HOLD;
    let mut urgent = first.urgent;
    let mut batch = vec![first];
    while !urgent && batch.len() < AT_ONCE {
        tokio::select! {
            job = queue.recv() => match job {
                Some(job) => { urgent = job.urgent; batch.push(job); }
                None => break,
            },
            () = tokio::time::sleep_until(until) => break,
        }
    }
    while batch.len() < AT_ONCE
        && let Ok(job) = queue.try_recv()
    {
        batch.push(job);
    }
    // Always in the same order, so that two processes never wait for each other's sessions. The order within a session
    // stays.
    batch.sort_by_key(|job| job.session);
    Some(batch)
}

async fn write_batch(store: &Store, batch: Vec<Job>) {
    let several = batch.first().map(|job| job.session) != batch.last().map(|job| job.session);
    if let Some(batch) = try_batch(store, batch, several).await {
        // One session's trouble must not be another's.
        let mut batch = batch.into_iter().peekable();
        while let Some(first) = batch.next() {
            let session = first.session;
            let mut group = vec![first];
            while let Some(job) = batch.next_if(|job| job.session == session) {
                group.push(job);
            }
            try_batch(store, group, false).await;
        }
    }
}

/// Writes it and answers. When it fails and may be divided, it is given back.
async fn try_batch(store: &Store, batch: Vec<Job>, divisible: bool) -> Option<Vec<Job>> {
    let (writes, written_with) = joined(&batch);
    let mut outcome = store.agent_write(&writes).await;
    for _ in 1..TRIES {
        if !matches!(outcome, Err(StoreError::Busy)) {
            break;
        }
        tokio::time::sleep(BETWEEN).await;
        outcome = store.agent_write(&writes).await;
    }
    match outcome {
        Ok(answers) => {
            for (job, write) in batch.into_iter().zip(written_with) {
                let answer = answers.get(write).cloned().ok_or(StoreError::Busy);
                let _ = job.answer.send(answer);
            }
            None
        }
        Err(_) if divisible => Some(batch),
        Err(error) => {
            // The error has no text of a person: it names a table or what the database said about itself.
            tracing::error!(%error, "what happened in a session could not be stored");
            let mut first = Some(error);
            for job in batch {
                let error = first.take().unwrap_or(StoreError::Busy);
                let _ = job.answer.send(Err(error));
            }
            None
        }
    }
}

/// What to write, with records of one turn that follow each other as one, and for each job which of the writes it is in.
fn joined(batch: &[Job]) -> (Vec<AgentWrite>, Vec<usize>) {
    let mut writes: Vec<AgentWrite> = Vec::with_capacity(batch.len());
    let mut written_with = Vec::with_capacity(batch.len());
    for job in batch {
        match (writes.last_mut(), &job.write) {
            (Some(AgentWrite::Record(before)), AgentWrite::Record(record))
                if before.turn == record.turn && !before.ends() =>
            {
                before.absorb(record.clone());
            }
            (_, write) => writes.push(write.clone()),
        }
        written_with.push(writes.len().saturating_sub(1));
    }
    (writes, written_with)
}
