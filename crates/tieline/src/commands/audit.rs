//! `tieline audit verify`: proves that nobody edited the audit log.

use tieline_hub::AuditVerdict;

use super::say;
use crate::cli::AuditCommand;
use crate::compose::Composed;
use crate::failure::Failure;

pub(crate) async fn run(command: &AuditCommand, composed: &Composed) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify => match composed.hub.verify_audit().await? {
            AuditVerdict::Whole { rows } => {
                say(format_args!("The audit log is whole: {rows} rows."));
                Ok(())
            }
            AuditVerdict::Broken { first_bad } => Err(Failure::failed(format!(
                "The audit log was edited: row {first_bad} is not as it was written, or is missing."
            ))),
        },
    }
}
