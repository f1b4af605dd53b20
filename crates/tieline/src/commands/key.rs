//! `tieline key create|list|revoke`.

use tieline_domain::{Actor, Email, KeyId, Timestamp};
use tieline_hub::{CreateKeyError, RevokeKeyError};

use super::{say, table};
use crate::cli::KeyCommand;
use crate::compose::Composed;
use crate::failure::Failure;

pub(crate) async fn run(command: KeyCommand, composed: &Composed) -> Result<(), Failure> {
    match command {
        KeyCommand::Create {
            email,
            name,
            expires_days,
        } => create(composed, &email, &name, expires_days).await,
        KeyCommand::List => list(composed).await,
        KeyCommand::Revoke { id } => revoke(composed, &id).await,
    }
}

async fn create(
    composed: &Composed,
    email: &str,
    name: &str,
    expires_days: Option<u32>,
) -> Result<(), Failure> {
    let parsed = Email::parse(email).map_err(|error| Failure::bad_input(error.to_string()))?;
    let user = composed.hub.user_by_email(&parsed).await?.ok_or_else(|| {
        Failure::bad_input(format!("Nobody has the e-mail address {parsed}."))
            .hint("`tieline user list` shows everybody.")
    })?;
    match composed
        .hub
        .create_key(&Actor::CommandLine, user.id, name, expires_days)
        .await
    {
        Ok(created) => {
            say(created.key.expose());
            Ok(())
        }
        Err(CreateKeyError::Invalid { fields }) => Err(Failure::fields(&fields)),
        Err(CreateKeyError::Store(error)) => Err(error.into()),
    }
}

async fn list(composed: &Composed) -> Result<(), Failure> {
    let mut rows = vec![
        ["ID", "KEY", "OWNER", "NAME", "LAST USED", "EXPIRES"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    for key in composed.hub.list_keys(None).await? {
        rows.push(vec![
            key.id.to_string(),
            key.hint,
            key.email,
            key.name,
            time(key.last_used_at),
            time(key.expires_at),
        ]);
    }
    say(table(&rows));
    Ok(())
}

async fn revoke(composed: &Composed, id: &str) -> Result<(), Failure> {
    let unknown = || {
        Failure::bad_input("There is no key with this id.")
            .hint("`tieline key list` shows every key with its id.")
    };
    let id: KeyId = id.parse().map_err(|_| unknown())?;
    match composed.hub.revoke_key(&Actor::CommandLine, id, None).await {
        Ok(()) => Ok(()),
        Err(RevokeKeyError::NotFound) => Err(unknown()),
        Err(RevokeKeyError::Store(error)) => Err(error.into()),
    }
}
