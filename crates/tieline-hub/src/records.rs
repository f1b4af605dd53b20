//! Call records leave a call through a bounded queue and are written in batches, so that no call waits for the
//! database.

use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use metrics::{Counter, Histogram};
use tieline_domain::{CallId, ConnectorId, KeyId, RequestId, Slug, Table, Timestamp, UserId};
use tieline_store::{CallContentRow, NewCall};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::Hub;
use crate::catalog::CatalogTool;
use crate::dispatch::{Call, CallOutcome, Content, FailureFacts, Piece, SessionKey, millis};

/// What comes in the seconds that a database may keep a batch waiting.
const QUEUE: usize = 20_480;
/// Large, because what a batch costs hardly depends on its size: each waits for the disk once.
const BATCH: usize = 4_096;
/// After how many rows the CPU is offered to others. A whole batch takes a millisecond, which no call should wait for.
const ROWS_IN_A_ROW: usize = 32;
/// How long a record waits for company before it is written.
const LINGER: Duration = Duration::from_millis(200);
/// How many bytes of contents wait at most. What finds no room is not kept; its call is recorded all the same.
const CONTENT_QUEUE: usize = 32 * 1024 * 1024;
/// How often the use of a key is written down while it is in use.
const NOTE_EVERY: Duration = Duration::from_secs(30);

/// What the writer stores. Calls lie in the queue itself: the writer would otherwise have to free them one by one for the
/// threads that answer calls.
#[derive(Debug)]
enum Record {
    Call(EndedCall),
    KeyUsed {
        id: KeyId,
        at: Timestamp,
        client: Option<String>,
    },
}

/// What is known of a call when it ends. The rest of its row is made up where no call waits for it.
#[derive(Debug)]
struct EndedCall {
    at: Timestamp,
    user: UserId,
    key: Option<KeyId>,
    session: SessionKey,
    connector: ConnectorId,
    slug: Slug,
    tool: Arc<str>,
    outcome: &'static str,
    code: Option<&'static str>,
    took: Duration,
    bytes_in: usize,
    bytes_out: usize,
    client: Option<Arc<str>>,
    request: Option<RequestId>,
    facts: FailureFacts,
    content: Option<Box<Content>>,
}

impl EndedCall {
    fn into_row(self, id: CallId) -> NewCall {
        NewCall {
            id,
            at: self.at,
            user_id: self.user,
            key_id: self.key,
            session: Some(self.session.0),
            connector_id: self.connector,
            connector_slug: self.slug,
            tool: first(200, self.tool),
            outcome: self.outcome,
            code: self.code,
            ms: millis(self.took),
            bytes_in: i64::try_from(self.bytes_in).unwrap_or(i64::MAX),
            bytes_out: i64::try_from(self.bytes_out).unwrap_or(i64::MAX),
            client: self.client.map(|client| first(80, client)),
            request_id: self.request,
            http_status: self.facts.http_status,
            own_address: self.facts.own_address,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Records {
    sender: mpsc::Sender<Record>,
    receiver: Mutex<Option<mpsc::Receiver<Record>>>,
    meters: RwLock<Table<Slug, Arc<Meters>>>,
    /// How many batches with calls were written.
    written: watch::Sender<u64>,
    /// How many bytes of contents are waiting.
    content_bytes: AtomicUsize,
}

/// The metrics of one connector's calls. Found once, so that no call spells out labels.
#[derive(Debug)]
struct Meters {
    outcomes: [(&'static str, Counter); 4],
    seconds: Histogram,
}

impl Meters {
    fn of(slug: &Slug) -> Self {
        let counter = |word: &'static str| {
            let counter = metrics::counter!("tieline_tool_calls_total", "connector" => slug.to_string(), "outcome" => word);
            (word, counter)
        };
        Self {
            outcomes: CallOutcome::WORDS.map(counter),
            seconds: metrics::histogram!("tieline_tool_call_seconds", "connector" => slug.to_string()),
        }
    }

    fn count(&self, outcome: &str, took: Duration) {
        let counted = self.outcomes.iter().find(|(word, _)| *word == outcome);
        if let Some((_, counter)) = counted {
            counter.increment(1);
        }
        self.seconds.record(took.as_secs_f64());
    }
}

impl Records {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
            meters: RwLock::default(),
            written: watch::Sender::new(0),
            content_bytes: AtomicUsize::new(0),
        }
    }

    fn meters(&self, slug: &Slug) -> Arc<Meters> {
        let known = self
            .meters
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(slug)
            .cloned();
        known.unwrap_or_else(|| {
            let mut meters = self.meters.write().unwrap_or_else(PoisonError::into_inner);
            let made = meters
                .entry(slug.clone())
                .or_insert_with(|| Arc::new(Meters::of(slug)));
            made.clone()
        })
    }

    /// Grows with each batch of calls that was written.
    pub(crate) fn written(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    fn push(&self, record: Record) {
        if let Err(error) = self.sender.try_send(record) {
            metrics::counter!("tieline_records_dropped_total").increment(1);
            if let Record::Call(ended) = error.into_inner() {
                self.let_go(ended.content.as_deref());
            }
        }
    }

    /// The content, if there is room for it.
    fn admit(&self, content: Option<Box<Content>>) -> Option<Box<Content>> {
        let content = content?;
        let size = content.size();
        let waiting = self.content_bytes.fetch_add(size, Ordering::Relaxed);
        if waiting + size <= CONTENT_QUEUE {
            return Some(content);
        }
        self.let_go(Some(&content));
        metrics::counter!("tieline_contents_dropped_total").increment(1);
        None
    }

    fn let_go(&self, content: Option<&Content>) {
        if let Some(content) = content {
            self.content_bytes
                .fetch_sub(content.size(), Ordering::Relaxed);
        }
    }
}

impl Hub {
    pub(crate) fn record_call(
        &self,
        call: &Call<'_>,
        called: &CatalogTool,
        (took, outcome): (Duration, &CallOutcome),
        content: Option<Box<Content>>,
    ) {
        let records = &self.inner.records;
        records.meters(&called.slug).count(outcome.word(), took);
        let ended = EndedCall {
            at: self.clock().now(),
            user: call.caller.user,
            key: call.caller.key,
            session: call.session.clone(),
            connector: called.connector,
            slug: called.slug.clone(),
            tool: called.name.clone(),
            outcome: outcome.word(),
            code: outcome.code(),
            took,
            bytes_in: call.params.get().len(),
            bytes_out: outcome.size(),
            client: call.client.cloned(),
            request: call.request,
            facts: outcome.facts(),
            content: records.admit(content),
        };
        records.push(Record::Call(ended));
    }

    /// Notes when and by which program an access key was last used: at most twice a minute, and in the background.
    /// A program that does not say its name is an empty text.
    pub fn note_key_use(&self, key: KeyId, client: &str) {
        let now = self.clock().now();
        let snapshot = self.inner.snapshot.load();
        if !snapshot
            .key_by_id(key)
            .is_some_and(|key| key.takes_note(now, NOTE_EVERY))
        {
            return;
        }
        self.inner.records.push(Record::KeyUsed {
            id: key,
            at: now,
            client: (!client.is_empty()).then(|| first(80, client.into()).to_string()),
        });
    }

    /// Writes records until the token is cancelled, then what is left.
    pub(crate) async fn write_records(&self, stop: CancellationToken) {
        let taken = self
            .inner
            .records
            .receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut receiver) = taken else { return };
        loop {
            let first = tokio::select! {
                first = receiver.recv() => first,
                () = stop.cancelled() => break,
            };
            let Some(first) = first else { return };
            if receiver.len() + 1 < BATCH {
                tokio::select! {
                    () = tokio::time::sleep(LINGER) => {}
                    () = stop.cancelled() => {}
                }
            }
            self.write_batch(first, &mut receiver, BATCH).await;
        }
        receiver.close();
        // All at once: should the database not answer, a process that ends waits for that once.
        while let Some(first) = receiver.recv().await {
            self.write_batch(first, &mut receiver, QUEUE).await;
        }
    }

    async fn write_contents(&self, contents: Vec<CallContentRow>) {
        let lost = contents.len();
        if let Err(error) = self.inner.store.call_contents_insert(contents).await {
            metrics::counter!("tieline_contents_dropped_total").increment(lost as u64);
            tracing::error!(%error, lost, "what was said in calls could not be written");
        }
    }

    /// Writes this record and those that wait behind it, but no more than so many. They stay in the queue until their row is
    /// made, so that a large batch does not lie in memory twice.
    async fn write_batch(&self, first: Record, queue: &mut mpsc::Receiver<Record>, most: usize) {
        let count = (queue.len() + 1).min(most);
        // All ids at once: asking the operating system for each would cost more than the rest of its row.
        let mut ids = CallId::generate_many(count, self.clock(), self.entropy());
        let (mut uses, mut contents, mut reached) = (Vec::new(), Vec::new(), 0_usize);
        let keeps_content = self.keeps_content();
        let records = iter::once(first).chain(iter::from_fn(|| queue.try_recv().ok()));
        let mut calls = records.take(count).enumerate().filter_map(|(at, record)| {
            if at % ROWS_IN_A_ROW == 0 {
                thread::yield_now();
            }
            match record {
                Record::Call(mut ended) => {
                    let id = ids.next()?;
                    reached += 1;
                    if let Some(content) = ended.content.take() {
                        self.inner.records.let_go(Some(&content));
                        // Whoever switched it off meanwhile wants nothing to be kept from then on.
                        if keeps_content {
                            contents.push(content_row(id, ended.at, *content));
                        }
                    }
                    Some(ended.into_row(id))
                }
                Record::KeyUsed { id, at, client } => {
                    uses.push((id, at, client));
                    None
                }
            }
        });
        let written = self.inner.store.calls_insert(calls.by_ref()).await;
        if written.is_err() {
            // What was not reached is given up as well: it would only meet the same failure.
            calls.by_ref().for_each(drop);
        }
        drop(calls);
        if let Err(error) = written {
            metrics::counter!("tieline_records_dropped_total").increment(reached as u64);
            tracing::error!(%error, lost = reached, "call records could not be written");
        } else if reached > 0 {
            self.write_contents(contents).await;
            self.inner
                .records
                .written
                .send_modify(|batches| *batches += 1);
        }
        if let Err(error) = self.inner.store.keys_touch(uses).await {
            tracing::warn!(%error, "the last use of access keys could not be written");
        }
    }
}

fn content_row(id: CallId, at: Timestamp, content: Content) -> CallContentRow {
    let taken = |piece: Option<Piece>| match piece {
        Some(piece) => (
            Some(piece.text),
            i64::try_from(piece.bytes).unwrap_or(i64::MAX),
        ),
        None => (None, 0),
    };
    let (arguments, arguments_bytes) = taken(content.arguments);
    let (result, result_bytes) = taken(content.result);
    CallContentRow {
        call_id: id,
        at,
        arguments,
        arguments_bytes,
        result,
        result_bytes,
    }
}

/// The first characters of a text, which nearly always are all of it.
fn first(characters: usize, text: Arc<str>) -> Arc<str> {
    if text.len() <= characters {
        return text;
    }
    match text.char_indices().nth(characters) {
        Some((end, _)) => Arc::from(&text[..end]),
        None => text,
    }
}
