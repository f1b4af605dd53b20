//! Calls one tool as an admin, to see what it does: a real call, recorded like every other, and written into the audit
//! log before it goes out.

use std::sync::Arc;

use serde_json::json;
use serde_json::value::RawValue;
use tieline_domain::{RequestId, Slug};
use tieline_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::{Call, CallOutcome, Caller, Hub, SessionIs, SessionKey, SignedIn, Wanted};

impl Hub {
    /// Calls a tool with these arguments, a JSON object; [`StoreError::NotFound`] when no session that began now would
    /// have it. What the audit log keeps is that it was called, not what was said.
    pub async fn try_tool(
        &self,
        (who, request): (&SignedIn, Option<RequestId>),
        slug: &Slug,
        tool: &str,
        arguments: &RawValue,
    ) -> Result<CallOutcome, StoreError> {
        let catalog = self.catalog();
        let connector = catalog.connector(slug.as_str());
        let connector = connector.ok_or(StoreError::NotFound)?;
        let tool = connector.tool(tool).ok_or(StoreError::NotFound)?;
        let change = self.change(
            &who.actor(),
            "tool.tried",
            "tool",
            format!("{slug}/{}", tool.name),
            &json!({ "connector": connector.name }),
        );
        self.inner.store.audit_append(&change).await?;
        let name = serde_json::Value::from(&*tool.name);
        let params = format!(r#"{{"name":{name},"arguments":{}}}"#, arguments.get());
        let params = RawValue::from_string(params).expect("two JSON values make a JSON object");
        let caller = Caller {
            user: who.user,
            user_name: who.name.clone(),
            role: who.role,
            key: None,
        };
        // A session of its own: what a legacy server remembers of it ends with it.
        let session = SessionKey(format!("try-{}", change.audit.id).into());
        let hold = self.answers().hold();
        let client = Arc::from("Try this tool");
        let outcome = self
            .dispatch(Call {
                caller: &caller,
                session: &session,
                wanted: Wanted::Tool(tool),
                params: &params,
                split: None,
                notifications: None,
                hold: Some(&hold),
                pass_on: None,
                session_is: SessionIs::Nobodys,
                askable: None,
                cancel: CancellationToken::new(),
                client: Some(&client),
                request,
            })
            .await;
        self.end_session(&session).await;
        Ok(outcome)
    }
}
