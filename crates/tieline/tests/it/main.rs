//! The real binary, as operators, admins and MCP clients meet it: started, asked over HTTP, stopped, and its files read.

mod ask;
mod beside;
mod canary;
mod commands;
mod config;
mod connector_commands;
mod demo;
mod forms;
mod http;
mod logs;
mod master_key;
mod model_commands;
mod official;
mod official_server;
mod place;
mod postgres;
mod serve;
