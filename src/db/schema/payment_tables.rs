//! The inbox of payment events, what is to be done at Stripe, and the mirror of its objects.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_accounts (key_hash) {
        key_hash -> Text,
        account -> Text,
        seen_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    payment_events (id) {
        id -> BigInt,
        event_id -> Nullable<Text>,
        account -> Nullable<Text>,
        kind -> Text,
        object_kind -> Text,
        object_id -> Text,
        source -> Text,
        livemode -> Bool,
        api_version -> Text,
        payload -> Nullable<Binary>,
        state -> Text,
        outcome -> Text,
        attempts -> BigInt,
        next_at -> Instant,
        lease -> Nullable<BigInt>,
        happened_at -> Instant,
        received_at -> Instant,
        processed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    stripe_objects (id) {
        id -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    payment_commands (id) {
        id -> BigInt,
        idempotency_key -> Text,
        kind -> Text,
        payload -> Text,
        state -> Text,
        outcome -> Text,
        attempts -> BigInt,
        next_at -> Instant,
        lease -> Nullable<BigInt>,
        created_at -> Instant,
        done_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_checkouts (id) {
        id -> Text,
        account -> Text,
        status -> Text,
        paid -> Bool,
        amount_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        payment -> Nullable<Text>,
        subscription -> Nullable<Text>,
        customer -> Nullable<Text>,
        reference -> Nullable<Text>,
        livemode -> Bool,
        expires_at -> Instant,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_payments (id) {
        id -> Text,
        account -> Text,
        status -> Text,
        amount_minor -> BigInt,
        received_minor -> BigInt,
        currency -> Text,
        customer -> Nullable<Text>,
        charge -> Nullable<Text>,
        failure -> Nullable<Text>,
        livemode -> Bool,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_charges (id) {
        id -> Text,
        account -> Text,
        payment -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        succeeded -> Bool,
        method -> Nullable<Text>,
        balance_transaction -> Nullable<Text>,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_refunds (id) {
        id -> Text,
        account -> Text,
        payment -> Nullable<Text>,
        charge -> Nullable<Text>,
        amount_minor -> BigInt,
        currency -> Text,
        status -> Text,
        failure -> Nullable<Text>,
        balance_transaction -> Nullable<Text>,
        failure_balance_transaction -> Nullable<Text>,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_subscriptions (id) {
        id -> Text,
        account -> Text,
        customer -> Nullable<Text>,
        status -> Text,
        amount_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        period_ends_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        livemode -> Bool,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_invoices (id) {
        id -> Text,
        account -> Text,
        subscription -> Nullable<Text>,
        customer -> Nullable<Text>,
        status -> Text,
        paid_minor -> BigInt,
        due_minor -> BigInt,
        currency -> Text,
        payment -> Nullable<Text>,
        attempts -> BigInt,
        next_attempt_at -> Nullable<Instant>,
        paid_at -> Nullable<Instant>,
        livemode -> Bool,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    balance_transactions (id) {
        id -> Text,
        account -> Text,
        livemode -> Bool,
        status -> Text,
        currency -> Text,
        amount_minor -> BigInt,
        fee_minor -> BigInt,
        net_minor -> BigInt,
        fee_details -> Text,
        exchange_rate -> Nullable<Text>,
        kind -> Text,
        reporting_category -> Text,
        description -> Nullable<Text>,
        source -> Nullable<Text>,
        payout -> Nullable<Text>,
        available_on -> Instant,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_payouts (id) {
        id -> Text,
        account -> Text,
        livemode -> Bool,
        status -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        automatic -> Bool,
        reconciliation -> Text,
        arrives_on -> Text,
        trace -> Nullable<Text>,
        descriptor -> Nullable<Text>,
        failure -> Nullable<Text>,
        balance_transaction -> Nullable<Text>,
        failure_balance_transaction -> Nullable<Text>,
        original -> Nullable<Text>,
        reversed_by -> Nullable<Text>,
        created_at -> Instant,
        mirrored_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_balances (account, livemode, currency) {
        account -> Text,
        livemode -> Bool,
        currency -> Text,
        minor -> BigInt,
        mirrored_minor -> BigInt,
        asked_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    stripe_cursors (account, list) {
        account -> Text,
        list -> Text,
        read_to -> Instant,
    }
}
