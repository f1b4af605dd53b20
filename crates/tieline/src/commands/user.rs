//! `tieline user add|list|disable`.

use tieline_domain::{Actor, Email, Role};
use tieline_hub::{AddUserError, NewUser, UpdateUserError, UserChange};

use super::{read_stdin, say, table};
use crate::cli::UserCommand;
use crate::compose::Composed;
use crate::config::Config;
use crate::failure::Failure;

pub(crate) async fn run(
    command: UserCommand,
    composed: &Composed,
    config: &Config,
) -> Result<(), Failure> {
    match command {
        UserCommand::Add {
            email,
            name,
            role,
            password_stdin,
        } => {
            let role: Role = role
                .parse()
                .map_err(|_| Failure::bad_input("The role is admin or member."))?;
            let password = if password_stdin {
                Some(read_stdin()?)
            } else {
                None
            };
            add(
                composed,
                config,
                NewUser {
                    email,
                    name,
                    role,
                    password,
                },
            )
            .await
        }
        UserCommand::List => list(composed).await,
        UserCommand::Disable { email } => disable(composed, &email).await,
    }
}

async fn add(composed: &Composed, config: &Config, new: NewUser) -> Result<(), Failure> {
    match composed.hub.add_user(&Actor::CommandLine, new).await {
        Ok(added) => {
            match added.invitation {
                Some(code) => say(format_args!(
                    "{}/invitation?code={}",
                    super::serve::base_url(config, config.listen),
                    code.expose()
                )),
                None => say(added.user.email),
            }
            Ok(())
        }
        Err(AddUserError::Invalid { fields }) => Err(Failure::fields(&fields)),
        Err(error @ AddUserError::EmailTaken { .. }) => Err(Failure::bad_input(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

async fn list(composed: &Composed) -> Result<(), Failure> {
    let mut rows = vec![
        ["EMAIL", "NAME", "ROLE", "STATE"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for user in composed.hub.list_users().await? {
        let state = match (user.disabled_at, user.has_password) {
            (Some(_), _) => "suspended",
            (None, false) => "invited",
            (None, true) => "active",
        };
        rows.push(vec![
            user.email,
            user.name,
            user.role.to_string(),
            state.to_owned(),
        ]);
    }
    say(table(&rows));
    Ok(())
}

async fn disable(composed: &Composed, email: &str) -> Result<(), Failure> {
    let email = Email::parse(email).map_err(|error| Failure::bad_input(error.to_string()))?;
    let user = composed.hub.user_by_email(&email).await?.ok_or_else(|| {
        Failure::bad_input(format!("Nobody has the e-mail address {email}."))
            .hint("`tieline user list` shows everybody.")
    })?;
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    match composed
        .hub
        .update_user(&Actor::CommandLine, user.id, change)
        .await
    {
        Ok(_) => Ok(()),
        Err(error @ UpdateUserError::LastAdmin) => Err(Failure::bad_input(error.to_string())),
        Err(error) => Err(error.into()),
    }
}
