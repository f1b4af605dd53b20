//! Sessions and their frozen catalogues.

use sqlx::FromRow;
use tieline_domain::{SessionId, Timestamp, UserId};

use crate::read::{foreign, parsed, time, uncount};
use crate::{Store, StoreError};

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// Its title; empty at first.
    pub title: String,
    /// The model that was asked for.
    pub model: Option<String>,
    /// `list` or `search`.
    pub mode: String,
    /// The digest of its frozen catalogue.
    pub catalog: String,
    /// The revision that people see.
    pub revision: String,
    /// How many tools it has.
    pub tools: u64,
    /// What their definitions cost.
    pub tokens: u64,
    /// What was new when it began, a JSON array of sentences.
    pub news: String,
    /// Tools that were left out, JSON.
    pub left_out: String,
    /// The highest number of an event.
    pub last_event: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When something last happened.
    pub updated_at: Timestamp,
}

/// A row of somebody's list of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSummaryRow {
    /// Its id.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When something last happened.
    pub updated_at: Timestamp,
    /// Whether a turn of it is not over.
    pub busy: bool,
}

#[derive(FromRow)]
struct Columns {
    id: String,
    user_id: String,
    title: String,
    model: Option<String>,
    mode: String,
    catalog: String,
    revision: String,
    tools: i64,
    tokens: i64,
    news: String,
    left_out: String,
    last_event: i64,
    created_at: i64,
    updated_at: i64,
}

/// The columns of [`Columns`]. The highest number of an event is that of the last one there is.
macro_rules! columns {
    () => {
        "id, user_id, title, model, mode, catalog, revision, tools, tokens, news, left_out, created_at, updated_at,
         (SELECT COALESCE(MAX(e.id), 0) FROM agent_events e WHERE e.session_id = agent_sessions.id) AS last_event"
    };
}

impl TryFrom<Columns> for AgentSessionRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed("agent_sessions.id", &row.id)?,
            user_id: parsed("agent_sessions.user_id", &row.user_id)?,
            title: row.title,
            model: row.model,
            mode: row.mode,
            catalog: row.catalog,
            revision: row.revision,
            tools: uncount(row.tools),
            tokens: uncount(row.tokens),
            news: row.news,
            left_out: row.left_out,
            last_event: uncount(row.last_event),
            created_at: time(row.created_at),
            updated_at: time(row.updated_at),
        })
    }
}

impl Store {
    /// Adds a session. `catalog` is the text of its frozen catalogue; without it, that must be stored already, and
    /// [`StoreError::NotFound`] says that it is not.
    pub async fn agent_session_insert(
        &self,
        row: &AgentSessionRow,
        catalog: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut tx = self.db().begin_append().await?;
        if let Some(body) = catalog {
            execute!(
                tx,
                "INSERT INTO agent_catalogs (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING",
                &row.catalog,
                body,
            )?;
        }
        execute!(
            tx,
            "INSERT INTO agent_sessions (id, user_id, title, model, mode, catalog, revision, tools, tokens, news, left_out,
                 created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            row.id.to_string(),
            row.user_id.to_string(),
            foreign(&row.title).as_ref(),
            row.model.as_deref(),
            &row.mode,
            &row.catalog,
            &row.revision,
            row.tools.cast_signed(),
            row.tokens.cast_signed(),
            &row.news,
            &row.left_out,
            row.created_at.as_millis(),
            row.updated_at.as_millis(),
        )?;
        tx.commit().await
    }

    /// The text of a frozen catalogue.
    pub async fn agent_catalog(&self, digest: &str) -> Result<Option<String>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (String,),
            "SELECT body FROM agent_catalogs WHERE digest = $1",
            digest
        )?;
        Ok(found.map(|(body,)| body))
    }

    /// Forgets a frozen catalogue that no session has any more. Answers whether it did.
    pub async fn agent_catalog_forget(&self, digest: &str) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let gone = execute!(
            conn,
            "DELETE FROM agent_catalogs WHERE digest = $1
             AND NOT EXISTS (SELECT 1 FROM agent_sessions WHERE catalog = $1)",
            digest
        );
        match gone.map_err(StoreError::from) {
            Ok(rows) => Ok(rows > 0),
            // A session that begins with it at this moment.
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Somebody's session.
    pub async fn agent_session(
        &self,
        user: UserId,
        id: SessionId,
    ) -> Result<Option<AgentSessionRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            Columns,
            concat!(
                "SELECT ",
                columns!(),
                " FROM agent_sessions WHERE id = $1 AND user_id = $2"
            ),
            id.to_string(),
            user.to_string(),
        )?;
        found.map(AgentSessionRow::try_from).transpose()
    }

    /// A session, whoever has it. For turns that are continued, never for a request.
    pub async fn agent_session_of_any(
        &self,
        id: SessionId,
    ) -> Result<Option<AgentSessionRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            Columns,
            concat!("SELECT ", columns!(), " FROM agent_sessions WHERE id = $1"),
            id.to_string(),
        )?;
        found.map(AgentSessionRow::try_from).transpose()
    }

    /// Somebody's sessions, the latest first.
    pub async fn agent_sessions(
        &self,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<AgentSummaryRow>, StoreError> {
        let mut conn = self.db().read().await?;
        let rows = fetch_all!(
            conn,
            (String, String, i64, i64, bool),
            "SELECT s.id, s.title, s.created_at, s.updated_at,
                 EXISTS (SELECT 1 FROM agent_turns t WHERE t.session_id = s.id AND t.state <> 'ended')
             FROM agent_sessions s WHERE s.user_id = $1 ORDER BY s.updated_at DESC, s.id DESC LIMIT $2",
            user.to_string(),
            i64::from(limit),
        )?;
        rows.into_iter()
            .map(|(id, title, created, updated, busy)| {
                Ok(AgentSummaryRow {
                    id: parsed("agent_sessions.id", &id)?,
                    title,
                    created_at: time(created),
                    updated_at: time(updated),
                    busy,
                })
            })
            .collect()
    }

    /// The digest of the frozen catalogue of somebody's newest session.
    pub async fn agent_latest_catalog(&self, user: UserId) -> Result<Option<String>, StoreError> {
        let mut conn = self.db().read().await?;
        let found = fetch_optional!(
            conn,
            (String,),
            "SELECT catalog FROM agent_sessions WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1",
            user.to_string()
        )?;
        Ok(found.map(|(digest,)| digest))
    }

    /// Gives a session another title. Answers whether there is one.
    pub async fn agent_session_rename(
        &self,
        user: UserId,
        id: SessionId,
        title: &str,
    ) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let renamed = execute!(
            conn,
            "UPDATE agent_sessions SET title = $3 WHERE id = $1 AND user_id = $2",
            id.to_string(),
            user.to_string(),
            foreign(title).as_ref(),
        )?;
        Ok(renamed > 0)
    }

    /// Deletes a session and everything in it. Answers whether there was one.
    pub async fn agent_session_delete(
        &self,
        user: UserId,
        id: SessionId,
    ) -> Result<bool, StoreError> {
        let mut conn = self.db().write().await?;
        let deleted = execute!(
            conn,
            "DELETE FROM agent_sessions WHERE id = $1 AND user_id = $2",
            id.to_string(),
            user.to_string(),
        )?;
        Ok(deleted > 0)
    }
}
