//! What an admin does with connectors. One file for each operation, named by its verb.

mod add;
mod bulk;
mod enable;
mod list;
mod receipt;
mod refresh;
mod remove;
mod review;
mod rotate;
mod switch_tools;
mod test;
mod tool_policy;
mod tool_summary;
mod tools;
mod try_tool;
mod update;
mod usage;
mod view;

pub use add::{AddConnectorError, AddedConnector};
pub use bulk::RecentUse;
pub use list::ConnectorList;
pub use receipt::RotationReceipt;
pub use review::{ChangedTool, ChangedTools, ReviewError};
pub use rotate::RotateConnectorError;
pub use test::{Hint, TestConnectorError, TestReport};
pub use tools::{ConnectorToolView, WaitingTool};
pub use update::{EditConnectorError, UpdateConnector};
pub use usage::{ConnectorUsage, ToolUsage};
pub use view::{
    CertificateEnd, ConnectorKind, ConnectorStatus, ConnectorView, HourlyCalls, ServerView,
};

pub(crate) use add::NewRow;
pub(crate) use review::Judge;
pub(crate) use tool_summary::{ToolSummary, estimated_tokens};
