//! Who sits at the browser. Pages name one of these types in their signature.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{Method, header};
use tieline_domain::Actor;
use tieline_hub::SignedIn;

use super::cookie::cookie_value;
use crate::problem::Problem;
use crate::state::AppState;

/// The person who is signed in, if anybody is.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

/// A person who is signed in. Everybody else is sent to the sign-in page and comes back afterwards.
#[derive(Clone, Debug)]
pub struct Member(pub SignedIn);

/// An admin. Other people get a page that says whom to ask.
#[derive(Clone, Debug)]
pub struct Admin(pub SignedIn);

impl Member {
    /// As the one who does something.
    pub fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl Admin {
    /// As the one who does something.
    pub fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl FromRequestParts<AppState> for MaybeSignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let found = match cookie_value(&parts.headers, &state.settings) {
            Some(cookie) => state.hub.signed_in(cookie).await?,
            None => None,
        };
        // Kept for the request in hand only, so that a page that asks twice reads the database once.
        parts.extensions.insert(Self(found.clone()));
        Ok(Self(found))
    }
}

impl FromRequestParts<AppState> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let MaybeSignedIn(found) = MaybeSignedIn::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        found.map(Self).ok_or_else(|| ask_to_sign_in(parts))
    }
}

impl FromRequestParts<AppState> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let Member(who) = Member::from_request_parts(parts, state).await?;
        if who.is_admin() {
            Ok(Self(who))
        } else {
            Err(Problem::admins_only().into_response())
        }
    }
}

/// A page is asked for again after the sign-in; a script is told, because it cannot follow to a page.
fn ask_to_sign_in(parts: &Parts) -> Response {
    let accepts = parts
        .headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let wants_page = accepts.is_none_or(|accept| accept.contains("text/html") || accept == "*/*");
    if !wants_page {
        return Problem::signed_out().into_response();
    }
    if parts.method != Method::GET {
        return Redirect::to("/signin").into_response();
    }
    let wanted = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    Redirect::to(&format!("/signin?next={next}")).into_response()
}
