//! Keeps the memory of the server, in which credentials are opened, out of core files and away from debuggers.
//!
//! This is the best that a process can do for itself: what the kernel swaps out and what administrators of the machine
//! read is beyond it.

/// Asks the operating system not to write core files and not to let other processes of the same user look in.
pub(crate) fn hide_memory() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::warn!(%error, "core files could not be turned off: a crash may write credentials to disk");
        }
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "other processes of this user can read the server's memory");
        }
    }
}
