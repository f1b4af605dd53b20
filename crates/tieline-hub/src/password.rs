//! Hashes and checks passwords with Argon2id, off the async threads and at most two at a time.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use thiserror::Error;
use tieline_domain::NewPassword;
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

use crate::Hub;

/// The hashing itself failed, which only happens when memory runs out or the process stops.
#[derive(Debug, Error)]
#[error("the password could not be processed; try again")]
pub(crate) struct PasswordFailed;

/// One of the few passwords in work. The work holds it too: it goes on when the one who asked has left.
pub(crate) type Turn = Arc<OwnedSemaphorePermit>;

impl Hub {
    pub(crate) async fn hash_password(
        &self,
        password: &NewPassword,
    ) -> Result<String, PasswordFailed> {
        let turn = self.password_turn().await?;
        let mut salt = [0_u8; 16];
        self.entropy().fill(&mut salt);
        let password = password.clone();
        let hashed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash(password.expose(), &salt)
        })
        .await;
        hashed.map_err(|_| PasswordFailed)?
    }

    /// Waits for a turn to check a password. Whoever holds one is one of few.
    pub(crate) async fn password_turn(&self) -> Result<Turn, PasswordFailed> {
        let permits = self.inner.password_permits.clone();
        let permit = permits.acquire_owned().await;
        permit.map(Arc::new).map_err(|_| PasswordFailed)
    }

    /// Checks a password. Without a stored hash the same work is done for nothing, so that the time an answer takes
    /// does not tell whether a person exists.
    pub(crate) async fn check_password(
        &self,
        turn: &Turn,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, PasswordFailed> {
        let turn = turn.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match stored {
                Some(stored) => Ok(PasswordHash::new(&stored).is_ok_and(|stored| {
                    Argon2::default()
                        .verify_password(password.as_bytes(), &stored)
                        .is_ok()
                })),
                None => hash(&password, &[0; 16]).map(|_| false),
            }
        })
        .await;
        checked.map_err(|_| PasswordFailed)?
    }
}

fn hash(password: &str, salt: &[u8]) -> Result<String, PasswordFailed> {
    let hashed: argon2::password_hash::phc::PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|_| PasswordFailed)?;
    Ok(hashed.to_string())
}
