//! Who calls REST: a program with an access key, or the dashboard's own scripts with the cookie.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use tieline_domain::{Actor, KeyId, Role, UserId};

use super::browser::MaybeSignedIn;
use crate::problem::Problem;
use crate::state::AppState;

/// The person behind a request, with the role that they have at this moment.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their role now. A key never has more rights than its owner.
    pub role: Role,
    /// The access key, unless it was the cookie.
    pub key: Option<KeyId>,
}

impl Person {
    /// As the one who does something.
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.user,
            name: self.name.clone(),
        }
    }
}

/// Anybody with an access key or a cookie; 401 otherwise.
#[derive(Clone, Debug)]
pub struct ApiMember(pub Person);

/// An admin with an access key or a cookie; 401 or 403 otherwise.
#[derive(Clone, Debug)]
pub struct ApiAdmin(pub Person);

impl ApiAdmin {
    /// As the one who does something.
    pub fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl ApiMember {
    /// As the one who does something.
    pub fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl FromRequestParts<AppState> for ApiMember {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        // A wrong key is refused even beside a good cookie: falling back to another way in hides mistakes.
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let key = bearer(&parts.headers).ok_or_else(Problem::key_refused)?;
            let caller = state.hub.authenticate(key)?;
            if let Some(id) = caller.key {
                state
                    .hub
                    .note_key_use(id, user_agent(&parts.headers).unwrap_or_default());
            }
            return Ok(Self(Person {
                user: caller.user,
                name: caller.user_name,
                role: caller.role,
                key: caller.key,
            }));
        }
        let MaybeSignedIn(found) = MaybeSignedIn::from_request_parts(parts, state).await?;
        let who = found.ok_or_else(Problem::signed_out)?;
        Ok(Self(Person {
            user: who.user,
            name: who.name,
            role: who.role,
            key: None,
        }))
    }
}

impl FromRequestParts<AppState> for ApiAdmin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let ApiMember(person) = ApiMember::from_request_parts(parts, state).await?;
        match person.role {
            Role::Admin => Ok(Self(person)),
            Role::Member => Err(Problem::admins_only()),
        }
    }
}

/// The key in `Authorization: Bearer …`. Nothing else is a key: not a query parameter, not another header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let (line, second) = (lines.next()?, lines.next());
    let (scheme, key) = line.to_str().ok()?.split_once(' ')?;
    (second.is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| key.trim())
}

/// The program, for the owner's list of keys.
fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
}
