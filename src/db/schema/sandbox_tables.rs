//! The sandbox's Stripe.

diesel::table! {
    use diesel::sql_types::*;

    sandbox_stripe_objects (number) {
        number -> BigInt,
        id -> Text,
        kind -> Text,
        body -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    sandbox_stripe_keys (idempotency_key) {
        idempotency_key -> Text,
        request_hash -> Text,
        status -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    sandbox_stripe_webhooks (id) {
        id -> BigInt,
        event_id -> Text,
        due_at -> Instant,
        attempts -> BigInt,
        delivered_at -> Nullable<Instant>,
        given_up_at -> Nullable<Instant>,
        answer -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    sandbox_stripe_settings (id) {
        id -> BigInt,
        ahead_seconds -> BigInt,
        mischief -> Text,
    }
}
