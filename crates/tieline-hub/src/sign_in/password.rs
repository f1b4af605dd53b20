//! Signs a person in with e-mail and password, slowly enough for guessers.

use std::time::Duration;

use thiserror::Error;
use tieline_domain::{Email, RandomCode};
use tieline_store::{SignInRow, StoreError};
use zeroize::Zeroizing;

use crate::Hub;
use crate::password::PasswordFailed;
use crate::users::UserView;

/// Failed attempts at one account before a pause.
const TRIES: u32 = 10;
/// Failed attempts from one address before a pause; several people may share one.
const TRIES_PER_ADDRESS: u32 = 40;
/// How long failures count, and so how long the pause is.
const WINDOW: Duration = Duration::from_mins(15);

/// A fresh sign-in. The cookie's value exists only here and in the browser; the database holds its hash.
#[derive(Debug)]
pub struct StartedSignIn {
    /// The value of the cookie.
    pub cookie: RandomCode,
    /// How long the cookie may be kept.
    pub lifetime: Duration,
    /// Who signed in.
    pub user: UserView,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// One message for an unknown person, a wrong password and a suspended account.
    #[error("E-mail or password is wrong. {left} tries left before a 15 minute pause.")]
    Wrong {
        /// How many tries are left.
        left: u32,
    },
    /// Too many failures.
    #[error("Too many wrong passwords. Try again in {minutes} minutes.")]
    Paused {
        /// Whole minutes, at least 1.
        minutes: u64,
    },
    /// The password could not be hashed.
    #[error("The password could not be processed. Try again.")]
    Password,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PasswordFailed> for SignInError {
    fn from(_: PasswordFailed) -> Self {
        Self::Password
    }
}

impl Hub {
    /// Signs a person in. `address` is where the request came from, if known; `user_agent` is for the person's list
    /// of places where they are signed in.
    pub async fn sign_in(
        &self,
        email: &str,
        password: Zeroizing<String>,
        address: Option<&str>,
        user_agent: Option<&str>,
    ) -> Result<StartedSignIn, SignInError> {
        let typed: String = email.trim().chars().take(254).collect();
        let email = Email::parse(email);
        // One account has one count, however its address is spelled.
        let account = match &email {
            Ok(email) => format!("account:{email}"),
            Err(_) => format!("account:{typed}"),
        };
        let address = address.map(|address| format!("address:{address}"));
        self.refuse_when_paused(&account, address.as_deref())
            .await?;
        // From here to the record of a failure only as many attempts are under way as passwords are checked at once, so
        // that guesses made at the same moment count like those made one after the other.
        let turn = self.password_turn().await?;
        let failures = self
            .refuse_when_paused(&account, address.as_deref())
            .await?;
        let user = match email {
            Ok(email) => self
                .inner
                .store
                .user_by_email(email.as_str())
                .await?
                .filter(|user| user.disabled_at.is_none()),
            Err(_) => None,
        };
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.check_password(&turn, password, stored).await?;
        let Some(user) = user.filter(|_| right) else {
            let now = self.clock().now();
            for scope in [Some(account.as_str()), address.as_deref()]
                .into_iter()
                .flatten()
            {
                self.inner.store.sign_in_failure_record(scope, now).await?;
            }
            return Err(SignInError::Wrong {
                left: TRIES.saturating_sub(failures + 1),
            });
        };
        self.inner.store.sign_in_failures_clear(&account).await?;
        self.start_sign_in(UserView::from(user), user_agent)
            .await
            .map_err(Into::into)
    }

    async fn refuse_when_paused(
        &self,
        account: &str,
        address: Option<&str>,
    ) -> Result<u32, SignInError> {
        let since = self.clock().now().minus(WINDOW);
        let failures = self
            .inner
            .store
            .sign_in_failures_since(account, since)
            .await?;
        let from_address = match address {
            Some(address) => {
                self.inner
                    .store
                    .sign_in_failures_since(address, since)
                    .await?
            }
            None => 0,
        };
        if failures >= TRIES || from_address >= TRIES_PER_ADDRESS {
            return Err(SignInError::Paused {
                minutes: WINDOW.as_secs() / 60,
            });
        }
        Ok(failures)
    }

    /// Starts a sign-in for somebody who proved who they are, by password, setup code or invitation.
    pub async fn start_sign_in(
        &self,
        user: UserView,
        user_agent: Option<&str>,
    ) -> Result<StartedSignIn, StoreError> {
        let cookie = RandomCode::generate(self.entropy());
        let now = self.clock().now();
        let lifetime = Duration::from_hours(24) * self.settings_in_force().sign_in_days;
        let row = SignInRow {
            id_hash: cookie.hash(),
            user_id: user.id,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(lifetime),
            user_agent: user_agent.map(|agent| {
                agent
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(200)
                    .collect()
            }),
        };
        self.inner.store.sign_in_insert(&row).await?;
        Ok(StartedSignIn {
            cookie,
            lifetime,
            user,
        })
    }
}
