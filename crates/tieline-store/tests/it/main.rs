//! The contract of the store: one list of tests, run on SQLite always and on PostgreSQL where one is given.
#![expect(
    clippy::unwrap_used,
    reason = "the tests are functions that a macro calls: the exception for tests misses them"
)]

mod bed;
mod samples;

mod access_keys;
mod agent;
mod audit;
mod call_contents;
mod calls;
mod connectors;
mod meta;
mod models;
mod offers;
mod opening;
mod postgres_only;
mod settings;
mod sign_ins;
mod sqlite_only;
mod tool_review;
mod tools;
mod users;

/// Makes `sqlite::file::test` and `postgres::file::test` of each test. One that is not listed is unused code, which does
/// not pass the lints.
macro_rules! contract {
    ($($file:ident { $($test:ident),+ $(,)? })+) => {
        mod sqlite {
            $(mod $file {
                $(#[test]
                fn $test() {
                    crate::bed::on_sqlite(|bed| Box::pin(crate::$file::$test(bed)));
                })+
            })+
        }
        mod postgres {
            $(mod $file {
                $(#[test]
                fn $test() {
                    crate::bed::on_postgres(|bed| Box::pin(crate::$file::$test(bed)));
                })+
            })+
        }
    };
}

contract! {
    access_keys {
        keeps_all_fields, lists_by_owner, revokes_once, revokes_only_what_the_owner_has, notes_the_latest_use,
        leaves_out_a_damaged_key,
    }
    agent {
        records_that_follow_each_other_are_written_as_one,
        a_record_is_written_whole_or_not_at_all,
        keeps_all_fields, a_session_belongs_to_one_person,
        a_catalogue_is_stored_once_and_leaves_with_its_last_session, one_turn_at_a_time_and_a_bounded_queue,
        a_turn_is_written_by_its_owner_only, calls_wait_are_decided_once_and_leave_with_their_step,
        a_dead_process_is_found_by_its_silence, sessions_leave_with_their_person,
        eight_messages_at_once_begin_one_turn, tells_what_a_person_does,
    }
    audit {
        an_untouched_log_is_whole, an_edited_row_is_found, a_removed_row_is_found, swapped_rows_are_found,
        a_log_cut_off_is_found, a_shortened_log_with_a_forged_head_is_found, a_row_added_without_the_key_is_found,
        a_relinked_log_is_found, changes_at_once_make_one_chain, no_change_without_its_row, pages_newest_first,
        filters_by_action_and_time, filters_by_connector, stores_what_it_hashes,
    }
    call_contents {
        keeps_all_fields, zero_characters_do_no_harm, leave_with_their_call,
        are_forgotten_before_their_calls_or_all_at_once,
    }
    calls {
        keeps_all_fields, writes_large_batches, calls_that_are_alike_keep_what_they_differ_in, a_batch_can_be_written_again, a_batch_that_fails_leaves_nothing_and_stops_nobody, pages_newest_first, filters, counts_by_hour,
        counts_by_tool, tells_who_uses_a_connector, tells_how_long_calls_take_and_when_they_were,
        forgets_old_calls, counts_those_before_a_moment, finds_a_text_whatever_its_case,
        sums_up_what_fits,
    }
    connectors {
        keeps_all_fields, one_of_eight_at_once_gets_the_slug, a_taken_slug_leaves_no_trace, finds_by_slug_and_id,
        a_change_of_an_old_version_is_refused, a_new_address_has_to_be_checked_again, a_new_name_changes_nothing_else,
        a_credential_can_be_replaced_and_removed, turns_off_whatever_else_changed, removal_takes_the_tools_along,
        what_is_gone_is_not_found, a_status_tells_replicas_only_news, a_status_from_before_a_change_is_dropped, a_wire_is_kept_for_the_version_it_was_found_with,
        a_damaged_row_disables_itself_only,
    }
    meta {
        sets_and_replaces, one_of_eight_at_once_is_first, every_change_raises_the_version,
        bookkeeping_leaves_the_version, knows_whether_anything_was_sealed,
    }
    models {
        keeps_all_fields, the_first_is_the_default, one_of_eight_at_once_is_the_default, a_name_belongs_to_one_in_any_case, one_default_at_a_time,
        removing_the_default_picks_the_oldest, a_fallback_that_goes_is_forgotten, changes_what_is_asked_and_no_more,
        a_change_of_an_old_version_is_refused, a_key_can_be_replaced_and_removed, what_is_gone_is_not_found,
        a_damaged_row_disables_itself_only, its_key_counts_as_sealed,
    }
    offers {
        survive_byte_for_byte, a_list_that_was_not_read_stays, leave_with_their_connector,
    }
    opening {
        eight_at_once_make_one_schema, opens_again, refuses_a_newer_schema, refuses_an_edited_migration,
        a_second_store_sees_changes, a_held_lock_is_busy_and_then_not, a_closed_store_is_unavailable,
    }
    settings {
        keeps_what_was_set_and_counts_changes, a_change_of_an_old_version_is_refused, one_of_eight_at_once_saves,
    }
    sign_ins {
        counts_who_would_be_signed_out, keeps_all_fields, notes_the_last_use, signs_out_one_and_all,
        lists_and_ends_those_of_their_person_only, forgets_expired, counts_failures_by_scope,
    }
    tools {
        definitions_survive_byte_for_byte, the_choice_of_an_admin_survives, a_policy_survives, a_policy_turns_a_tool_on_and_off, a_tool_that_is_off_stays_off_when_it_comes_back, the_same_list_changes_nothing,
        a_list_from_before_a_change_is_dropped, a_duplicate_that_was_left_out_may_stay, zero_characters_do_no_harm,
        a_damaged_tool_disables_itself_only, an_unknown_tool_is_not_found,
    }
    tool_review {
        what_is_listed_first_is_approved, a_harmless_change_is_used_and_recorded,
        a_held_change_leaves_the_approved_definition_in_use, a_held_change_can_turn_the_tool_off,
        a_new_tool_can_be_held, an_approval_is_of_what_was_read, keeping_off_is_of_what_was_read,
        a_server_that_goes_back_is_believed, leaving_and_coming_back_is_no_way_around,
        leaving_out_is_no_way_around, invented_names_are_not_kept_for_ever, the_record_commits_with_the_list,
    }
    users {
        keeps_all_fields, an_address_belongs_to_one_user, one_of_eight_at_once_becomes_first_admin,
        the_last_admin_stays, two_admins_cannot_demote_each_other, an_invited_admin_is_not_enough,
        disabling_signs_out, a_new_password_signs_out, an_invitation_works_once, one_of_eight_at_once_redeems, an_invitation_expires,
        a_newer_invitation_ends_the_older, a_disabled_user_cannot_accept, leaves_out_a_damaged_user,
    }
}
