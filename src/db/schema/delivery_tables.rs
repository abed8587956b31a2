//! The outbox: deliveries, what came of them, and what is known of mail servers and limits.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    deliveries (id) {
        id -> BigInt,
        mail -> Text,
        campaign_id -> Nullable<BigInt>,
        variant_id -> Nullable<BigInt>,
        subscriber_id -> Nullable<BigInt>,
        address -> Text,
        language -> Text,
        payload -> Nullable<Text>,
        dedup_key -> Nullable<Text>,
        state -> Text,
        attempts -> BigInt,
        next_at -> Nullable<Instant>,
        lease -> Nullable<BigInt>,
        code -> Nullable<BigInt>,
        reply -> Nullable<Text>,
        server -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    delivery_blocks (id) {
        id -> BigInt,
        campaign_id -> BigInt,
        first -> BigInt,
        last -> BigInt,
        sending_until -> BigInt,
        lease -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    mail_servers (name) {
        name -> Text,
        failures -> BigInt,
        paused_until -> Nullable<Instant>,
        reason -> Nullable<Text>,
        since -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    delivery_attempts (id) {
        id -> BigInt,
        delivery_id -> BigInt,
        state -> Text,
        server -> Nullable<Text>,
        code -> Nullable<BigInt>,
        reply -> Text,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    campaign_tallies (campaign_id, node_id, state) {
        campaign_id -> BigInt,
        node_id -> BigInt,
        state -> Text,
        deliveries -> BigInt,
        updated_at -> Instant,
    }
}

diesel::table! {
    send_buckets (name) {
        name -> Text,
        tokens -> BigInt,
        filled_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    domain_limits (domain) {
        domain -> Text,
        per_minute -> BigInt,
        updated_at -> Instant,
    }
}
