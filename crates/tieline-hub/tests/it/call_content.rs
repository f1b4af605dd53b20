//! What was said in calls: kept only while an admin wants it, a piece of each, without credentials, and never of a chat.

use std::time::Duration;

use serde_json::value::RawValue;
use tieline_domain::{Actor, Role, SettingName, UserId};
use tieline_hub::{
    BUILT_IN_AGENT, Call, CallContent, CallRow, KEPT_CONTENT, SessionIs, UpdateSettings, Wanted,
};
use tieline_testkit::{At, Canned, FakeMcp, FakeTool, Fault, eventually_async};
use tokio_util::sync::CancellationToken;

use crate::call_records::newest;
use crate::world::{Session, World};

const TOOL: &str = "mcp__acme_mcp__search";
const TOKEN: &str = "Bearer s3cret-token-of-acme";

impl World {
    async fn keep(&self, values: &[(SettingName, &str)]) {
        let values = values
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()));
        let update = UpdateSettings {
            values: values.collect(),
            version: None,
        };
        let saved = self.hub.update_settings(&Actor::CommandLine, &update).await;
        saved.expect("a change that is saved");
    }

    async fn say(&self, session: &Session, client: &str, arguments: &str) {
        let tool = session.tool(TOOL);
        let params = format!(
            "{{\"name\":\"{}\",\"arguments\":{arguments}}}",
            tool.agent_name
        );
        let call = Call {
            caller: &session.caller,
            session: &session.key,
            wanted: Wanted::Tool(&tool),
            params: &RawValue::from_string(params).expect("JSON"),
            split: None,
            notifications: None,
            hold: None,
            pass_on: None,
            session_is: SessionIs::Nobodys,
            askable: None,
            cancel: CancellationToken::new(),
            client: Some(&client.into()),
            request: None,
        };
        self.hub.dispatch(call).await;
    }

    async fn content(&self, call: &CallRow, reader: UserId) -> CallContent {
        let said = self.hub.call_content(call, reader).await;
        said.expect("the database answers")
    }

    /// What was kept of a call. It is written a moment after the call's own record.
    async fn kept(&self, call: &CallRow, reader: UserId) -> CallContent {
        eventually_async(|| async {
            let content = self.content(call, reader).await;
            (content != CallContent::Missing).then_some(content)
        })
        .await
    }

    /// How many contents lie in the database, whoever may read them.
    async fn contents(&self) -> u64 {
        let far = self.hub.clock().now().plus(Duration::from_hours(1));
        self.store
            .call_contents_older(far)
            .await
            .expect("a count")
            .0
    }
}

async fn acme(server: FakeMcp) -> (World, FakeMcp, Session, UserId) {
    let world = World::start().await;
    world.connect("Acme MCP", &server, TOKEN).await;
    let session = world.session("Mel").await;
    let admin = world.person("Ada", Role::Admin).await;
    (world, server, session, admin)
}

fn texts(content: &CallContent) -> (String, String) {
    let CallContent::Kept { arguments, result } = content else {
        panic!("nothing was kept: {content:?}");
    };
    let text = |kept: &Option<tieline_hub::KeptText>| {
        kept.as_ref()
            .map(|kept| kept.text.clone())
            .unwrap_or_default()
    };
    (text(arguments), text(result))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_until_it_is_switched_on_and_all_of_it_goes_when_it_is_switched_off() {
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let (world, _server, session, admin) = acme(server).await;
    world.say(&session, "Cursor", r#"{"q":"before"}"#).await;
    let before = newest(&world, 1).await;
    assert_eq!(world.content(&before, admin).await, CallContent::Off);

    world.keep(&[(SettingName::KeepContent, "true")]).await;
    assert_eq!(world.content(&before, admin).await, CallContent::Missing);
    world.say(&session, "Cursor", r#"{"q":"<script>"}"#).await;
    let kept = newest(&world, 2).await;
    let content = world.kept(&kept, admin).await;
    let (arguments, result) = texts(&content);
    assert_eq!(arguments, r#"{"q":"<script>"}"#);
    assert!(result.contains("\"content\""), "{result}");
    assert_eq!(world.contents().await, 1);

    world.keep(&[(SettingName::KeepContent, "false")]).await;
    assert_eq!(world.content(&kept, admin).await, CallContent::Off);
    eventually_async(|| async { (world.contents().await == 0).then_some(()) }).await;
    world.say(&session, "Cursor", r#"{"q":"after"}"#).await;
    newest(&world, 3).await;
    assert_eq!(world.contents().await, 0);
    world.keep(&[(SettingName::KeepContent, "true")]).await;
    assert_eq!(world.content(&kept, admin).await, CallContent::Missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_of_each_is_kept_and_the_credential_in_no_spelling() {
    let long = "é".repeat(KEPT_CONTENT);
    let tool = FakeTool::echo("search").saying(&long);
    let server = FakeMcp::dual().tool(tool).start().await;
    let (world, server, session, admin) = acme(server).await;
    world.keep(&[(SettingName::KeepContent, "true")]).await;
    // The credential stands across the place of the cut, so a piece of it would stay if it were cut first.
    let filler = "x".repeat(KEPT_CONTENT - 30);
    let arguments = format!(r#"{{"q":"{filler} s3cret-token-of-acme {filler}"}}"#);
    world.say(&session, "Cursor", &arguments).await;
    let call = newest(&world, 1).await;
    let content = world.kept(&call, admin).await;
    let (kept, result) = texts(&content);
    assert!(kept.len() <= KEPT_CONTENT && result.len() <= KEPT_CONTENT);
    assert!(
        !kept.contains("s3cret") && kept.contains("[reda"),
        "{}",
        &kept[kept.len() - 60..]
    );
    let CallContent::Kept { arguments, result } = content else {
        panic!("nothing was kept");
    };
    let (arguments, result) = (arguments.expect("arguments"), result.expect("a result"));
    assert!(arguments.is_cut() && result.is_cut());
    assert!(result.bytes > 2 * KEPT_CONTENT as u64, "{}", result.bytes);

    server.set_fault_times(
        At::CallTool,
        Fault::RpcError {
            code: -32_050,
            message: "no s3cret-token-of-acme".to_owned(),
        },
        1,
    );
    world.say(&session, "Cursor", "{}").await;
    let call = newest(&world, 2).await;
    let (_, result) = texts(&world.kept(&call, admin).await);
    assert_eq!(result, r#"{"code":-32050,"message":"no [redacted]"}"#);

    server.set_fault_times(At::CallTool, Fault::Answer(Canned::json("{")), 1);
    world.say(&session, "Cursor", "{}").await;
    let call = newest(&world, 3).await;
    let (arguments, result) = texts(&world.kept(&call, admin).await);
    assert_eq!((arguments.as_str(), result.as_str()), ("{}", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_built_in_agent_says_stays_in_its_chat() {
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let (world, _server, session, admin) = acme(server).await;
    world.keep(&[(SettingName::KeepContent, "true")]).await;
    world.say(&session, BUILT_IN_AGENT, r#"{"q":"mine"}"#).await;
    let call = CallRow {
        session: Some("agent:0190b6a4-7c3e-7a52-8d11-000000000000".to_owned()),
        ..newest(&world, 1).await
    };
    assert_eq!(world.contents().await, 0);
    let of_others = world.content(&call, admin).await;
    assert_eq!(of_others, CallContent::OfChat { own: None });
    let CallContent::OfChat { own: Some(session) } = world.content(&call, call.user_id).await
    else {
        panic!("it is their own");
    };
    assert_eq!(session, "0190b6a4-7c3e-7a52-8d11-000000000000");
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_go_before_their_calls_and_what_a_change_means_is_told_before() {
    let server = FakeMcp::dual().tools(["search"]).start().await;
    let (world, _server, session, admin) = acme(server).await;
    let told = async |values: &[(SettingName, &str)]| {
        let values = values
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()));
        let update = UpdateSettings {
            values: values.collect(),
            version: None,
        };
        let told = world.hub.affected_by_settings(&update).await;
        told.expect("a change that can be saved").join(" ")
    };
    let on = told(&[(SettingName::KeepContent, "true")]).await;
    assert!(
        on.contains("every admin can read what the 2 people"),
        "{on}"
    );
    world
        .keep(&[
            (SettingName::KeepContent, "true"),
            (SettingName::KeepContentDays, "3"),
        ])
        .await;
    world.say(&session, "Cursor", "{}").await;
    let call = newest(&world, 1).await;
    eventually_async(|| async { (world.contents().await == 1).then_some(()) }).await;
    let off = told(&[(SettingName::KeepContent, "false")]).await;
    assert!(
        off.contains("of 1 call are deleted within a minute"),
        "{off}"
    );
    world.clock.advance(Duration::from_hours(49));
    let shorter = told(&[(SettingName::KeepContentDays, "2")]).await;
    assert!(
        shorter.contains("1 of 1 calls are older than that"),
        "{shorter}"
    );
    let longer = told(&[(SettingName::KeepContentDays, "30")]).await;
    assert_eq!(longer, "");
    world.clock.advance(Duration::from_hours(24));
    // Housekeeping comes by the minute, and when something about it is changed.
    world.keep(&[(SettingName::KeepCallsDays, "29")]).await;
    eventually_async(|| async { (world.contents().await == 0).then_some(()) }).await;
    assert_eq!(world.content(&call, admin).await, CallContent::Missing);
    assert!(
        world.hub.call(call.id).await.is_ok(),
        "the call itself stays"
    );
}
