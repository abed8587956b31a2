//! Finance: bank statements, matches, the account map, and balance transactions with what explains them.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    books (id) {
        id -> BigInt,
        begins_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    bank_accounts (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        identification -> Text,
        currency -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    bank_statements (id) {
        id -> BigInt,
        bank_account_id -> BigInt,
        reference -> Text,
        opens_on -> Text,
        closes_on -> Text,
        opening_minor -> BigInt,
        closing_minor -> BigInt,
        currency -> Text,
        content_hash -> Text,
        file_name -> Text,
        staff_id -> Nullable<BigInt>,
        imported_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    bank_lines (id) {
        id -> BigInt,
        bank_account_id -> BigInt,
        statement_id -> BigInt,
        position -> BigInt,
        booked_on -> Text,
        valued_on -> Nullable<Text>,
        amount_minor -> BigInt,
        currency -> Text,
        counterparty -> Text,
        words -> Text,
        bank_reference -> Nullable<Text>,
        set_aside_at -> Nullable<Instant>,
        set_aside_by -> Nullable<BigInt>,
        set_aside_note -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    matches (id) {
        id -> BigInt,
        bank_line_id -> BigInt,
        payout -> Text,
        leg -> Text,
        staff_id -> Nullable<BigInt>,
        reasons -> Text,
        made_at -> Instant,
        undone_at -> Nullable<Instant>,
        undone_by -> Nullable<BigInt>,
        undone_note -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    journal_accounts (id) {
        id -> BigInt,
        role -> Text,
        kind -> Text,
        fund_id -> Nullable<BigInt>,
        bank_account_id -> Nullable<BigInt>,
        code -> Text,
        name -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    explanations (balance_transaction) {
        balance_transaction -> Text,
        journal_account_id -> BigInt,
        note -> Text,
        staff_id -> Nullable<BigInt>,
        made_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    journal_exports (id) {
        id -> BigInt,
        month -> Text,
        livemode -> Bool,
        entries -> BigInt,
        content -> Text,
        content_hash -> Text,
        staff_id -> Nullable<BigInt>,
        exported_at -> Instant,
    }
}

// A view.
diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;

    explained_transactions (id) {
        id -> Text,
        account -> Text,
        livemode -> Bool,
        status -> Text,
        currency -> Text,
        amount_minor -> BigInt,
        fee_minor -> BigInt,
        net_minor -> BigInt,
        kind -> Text,
        reporting_category -> Text,
        description -> Nullable<Text>,
        source -> Nullable<Text>,
        payout -> Nullable<Text>,
        available_on -> Instant,
        created_at -> Instant,
        explanation -> Text,
        donation_id -> Nullable<BigInt>,
        fund_id -> Nullable<BigInt>,
        refund_id -> Nullable<BigInt>,
        source_payout -> Nullable<Text>,
        journal_account_id -> Nullable<BigInt>,
        note -> Nullable<Text>,
    }
}
