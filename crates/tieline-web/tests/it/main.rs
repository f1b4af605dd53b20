//! Everything inbound, over real sockets and a real database.

mod activity_pages;
mod api;
mod app;
mod bad_requests;
mod call_content;
mod connect_page;
mod connector_page;
mod dashboard;
mod doors;
mod gateway;
mod integrations_list;
mod models_pages;
mod review;
mod settings_pages;
mod users_pages;
