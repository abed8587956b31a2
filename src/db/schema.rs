//! The tables, as both back ends have them (`tests/db/migrations.rs` compares them with the migrations).

mod delivery_tables;
mod finance_tables;
mod gift_tables;
mod payment_tables;
mod sandbox_tables;

pub use delivery_tables::*;
pub use finance_tables::*;
pub use gift_tables::*;
pub use payment_tables::*;
pub use sandbox_tables::*;

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    installation (id) {
        id -> BigInt,
        mode -> Text,
        made_by -> Text,
        sealed_key -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    organisation (id) {
        id -> BigInt,
        name -> Text,
        legal_name -> Text,
        postal_address -> Text,
        registration_number -> Text,
        tax_number -> Text,
        imprint_url -> Text,
        privacy_url -> Text,
        leave_url -> Text,
        mail_from -> Text,
        time_zone -> Text,
        languages -> Text,
        currencies -> Text,
        sending_from -> BigInt,
        sending_until -> BigInt,
        sending_days -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    staff (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Nullable<Text>,
        disabled_at -> Nullable<Instant>,
        last_login_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    staff_links (id) {
        id -> BigInt,
        staff_id -> BigInt,
        token_hash -> Text,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    sessions (key_hash) {
        key_hash -> Text,
        staff_id -> Nullable<BigInt>,
        data -> Text,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    login_failures (account_key) {
        account_key -> Text,
        failures -> BigInt,
        last_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    audit_entries (id) {
        id -> BigInt,
        at -> Instant,
        staff_id -> Nullable<BigInt>,
        actor -> Text,
        action -> Text,
        subject -> Text,
        subject_id -> Nullable<BigInt>,
        detail -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    nodes (id) {
        id -> BigInt,
        name -> Text,
        heartbeat -> BigInt,
        started_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    jobs (id) {
        id -> BigInt,
        kind -> Text,
        payload -> Text,
        dedup_key -> Nullable<Text>,
        run_at -> Instant,
        lease -> Nullable<BigInt>,
        attempts -> BigInt,
        failed_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    schedules (name) {
        name -> Text,
        next_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    topics (id) {
        id -> BigInt,
        slug -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    topic_names (topic_id, language) {
        topic_id -> BigInt,
        language -> Text,
        name -> Text,
        description -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    subscribers (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        address_hash -> Text,
        name -> Text,
        language -> Text,
        state -> Text,
        attributes -> Text,
        time_zone -> Text,
        confirmed_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    subscriptions (topic_id, subscriber_id) {
        subscriber_id -> BigInt,
        topic_id -> BigInt,
        since -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    signups (id) {
        id -> BigInt,
        subscriber_id -> BigInt,
        name -> Text,
        language -> Text,
        topics -> Text,
        form -> Text,
        words -> Text,
        created_at -> Instant,
        expires_at -> Instant,
        confirmed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    consent_events (id) {
        id -> BigInt,
        at -> Instant,
        subscriber_id -> Nullable<BigInt>,
        address_hash -> Text,
        kind -> Text,
        topics -> Text,
        form -> Text,
        words -> Text,
        language -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    suppressions (address_hash) {
        address_hash -> Text,
        reason -> Text,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    analyses (id) {
        id -> BigInt,
        slug -> Text,
        state -> Text,
        date -> Text,
        countries -> Text,
        published_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    translations (id) {
        id -> BigInt,
        analysis_id -> BigInt,
        language -> Text,
        title -> Text,
        summary -> Text,
        body -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    analysis_topics (analysis_id, topic_id) {
        analysis_id -> BigInt,
        topic_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    campaigns (id) {
        id -> BigInt,
        name -> Text,
        state -> Text,
        analysis_id -> Nullable<BigInt>,
        audience_languages -> Text,
        doubt -> Text,
        per_minute -> Nullable<BigInt>,
        hours -> Text,
        total -> BigInt,
        reason -> Nullable<Text>,
        scheduled_at -> Nullable<Instant>,
        started_at -> Nullable<Instant>,
        finished_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    campaign_topics (campaign_id, topic_id) {
        campaign_id -> BigInt,
        topic_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    variants (id) {
        id -> BigInt,
        campaign_id -> BigInt,
        language -> Text,
        subject -> Text,
        body -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    sandbox_mails (id) {
        id -> BigInt,
        at -> Instant,
        sender -> Text,
        recipient -> Text,
        recipient_key -> Text,
        subject -> Text,
        message_id -> Text,
        raw -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    installation,
    organisation,
    staff,
    staff_links,
    sessions,
    login_failures,
    audit_entries,
    nodes,
    jobs,
    schedules,
    deliveries,
    mail_servers,
    topics,
    topic_names,
    subscribers,
    subscriptions,
    signups,
    consent_events,
    suppressions,
    analyses,
    translations,
    analysis_topics,
    campaigns,
    campaign_topics,
    variants,
    sandbox_mails,
);

diesel::allow_tables_to_appear_in_same_query!(
    stripe_accounts,
    payment_events,
    stripe_objects,
    payment_commands,
    stripe_checkouts,
    stripe_payments,
    stripe_charges,
    stripe_refunds,
    stripe_subscriptions,
    stripe_invoices,
    balance_transactions,
    stripe_cursors,
    giving,
    funds,
    fund_names,
    donors,
    pledges,
    donations,
    refunds,
    receipt_counters,
    receipts,
    gift_events,
    stripe_payouts,
    stripe_balances,
    books,
    bank_accounts,
    bank_statements,
    bank_lines,
    matches,
    journal_accounts,
    explanations,
    journal_exports,
    explained_transactions,
);
