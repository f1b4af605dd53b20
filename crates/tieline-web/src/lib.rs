//! Everything inbound over HTTP: dashboard, REST, chat stream, gateway; translation only.
