//! Giving: funds, donors, pledges, donations, refunds, receipts.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    giving (id) {
        id -> BigInt,
        is_open -> Bool,
        reason -> Text,
        changed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    funds (id) {
        id -> BigInt,
        slug -> Text,
        is_default -> Bool,
        closed_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    fund_names (fund_id, language) {
        fund_id -> BigInt,
        language -> Text,
        name -> Text,
        description -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    donors (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        name -> Text,
        language -> Text,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    pledges (id) {
        id -> BigInt,
        state -> Text,
        donor_id -> Nullable<BigInt>,
        fund_id -> BigInt,
        campaign_id -> Nullable<BigInt>,
        amount_minor -> BigInt,
        currency -> Text,
        every -> Text,
        email -> Text,
        email_key -> Text,
        name -> Text,
        language -> Text,
        test -> Bool,
        account -> Nullable<Text>,
        checkout -> Nullable<Text>,
        subscription -> Nullable<Text>,
        customer -> Nullable<Text>,
        look_at -> Nullable<Instant>,
        looks -> BigInt,
        end_reason -> Text,
        ending_at -> Nullable<Instant>,
        started_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    donations (id) {
        id -> BigInt,
        state -> Text,
        donor_id -> Nullable<BigInt>,
        pledge_id -> Nullable<BigInt>,
        fund_id -> BigInt,
        campaign_id -> Nullable<BigInt>,
        amount_minor -> BigInt,
        currency -> Text,
        email -> Text,
        email_key -> Text,
        name -> Text,
        language -> Text,
        test -> Bool,
        account -> Nullable<Text>,
        checkout -> Nullable<Text>,
        payment -> Nullable<Text>,
        invoice -> Nullable<Text>,
        question -> Nullable<Text>,
        received_minor -> Nullable<BigInt>,
        received_currency -> Nullable<Text>,
        failure -> Nullable<Text>,
        look_at -> Nullable<Instant>,
        looks -> BigInt,
        paid_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    refunds (id) {
        id -> BigInt,
        donation_id -> BigInt,
        state -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        reason -> Text,
        staff_id -> Nullable<BigInt>,
        account -> Nullable<Text>,
        stripe_refund -> Nullable<Text>,
        failure -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    receipt_counters (series) {
        series -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    receipts (id) {
        id -> BigInt,
        donation_id -> BigInt,
        kind -> Text,
        series -> Text,
        number -> BigInt,
        content -> Text,
        delivery_id -> BigInt,
        voided_at -> Nullable<Instant>,
        issued_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    gift_events (id) {
        id -> BigInt,
        donation_id -> Nullable<BigInt>,
        pledge_id -> Nullable<BigInt>,
        kind -> Text,
        detail -> Text,
        actor -> Text,
        at -> Instant,
    }
}
