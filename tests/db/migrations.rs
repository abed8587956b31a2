//! Both back ends end with the same tables, and every `down.sql` fits its `up.sql`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use pledgepost::db::{Database, Db, migrate};

use crate::on_both;
use crate::support::{Backend, TestDb};

#[derive(QueryableByName, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = BigInt)]
    nullable: i64,
}

fn columns(database: &Database) -> Vec<Column> {
    let mut columns: Vec<Column> = database
        .read_here(|db| -> Result<_, pledgepost::error::Error> {
            let sql = match db {
                Db::Pg(_) => {
                    "SELECT table_name::text, column_name::text, (is_nullable = 'YES')::int::bigint AS nullable \
                     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) \
                     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
                }
                Db::Sqlite(_) => {
                    "SELECT m.name AS table_name, c.name AS column_name, CAST(c.\"notnull\" = 0 AS BIGINT) AS nullable \
                     FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
                }
            };
            Ok(diesel::sql_query(sql).load(db)?)
        })
        .unwrap();
    columns.retain(|c| c.table_name != "__diesel_schema_migrations");
    columns.sort();
    columns
}

fn unique_indexes(database: &Database) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let mut names: Vec<String> = database
        .read_here(|db| -> Result<_, pledgepost::error::Error> {
            let sql = match db {
                Db::Pg(_) => "SELECT indexname::text AS name FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'",
                Db::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'",
            };
            Ok(diesel::sql_query(sql).load::<Name>(db)?)
        })
        .unwrap()
        .into_iter()
        .map(|row| row.name)
        .collect();
    names.sort();
    names
}

#[test]
fn both_back_ends_have_the_same_tables_and_indexes() {
    let (sqlite, postgres) = (TestDb::new(Backend::Sqlite), TestDb::new(Backend::Postgres));
    let (left, right) = (columns(&sqlite.connect()), columns(&postgres.connect()));
    assert!(left.len() > 100, "the query finds the columns");
    assert_eq!(left, right);
    let (left, right) = (unique_indexes(&sqlite.connect()), unique_indexes(&postgres.connect()));
    assert!(left.len() > 10);
    assert_eq!(left, right);
}

#[test]
fn both_folders_have_the_same_migrations() {
    let names = |folder: &str| {
        let mut names: Vec<_> = std::fs::read_dir(format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR")))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

on_both! {
    async fn every_migration_goes_down_and_up_again(backend) {
        let test = TestDb::new(backend);
        let before = columns(&test.connect());
        test.connect().write_here(|db| migrate::redo_all(db).map_err(pledgepost::error::Error::from)).unwrap();
        assert_eq!(columns(&test.connect()), before);
    }

    async fn a_newer_database_is_refused_and_left_alone(backend) {
        let test = TestDb::new(backend);
        test.connect()
            .write_here(|db| -> Result<_, pledgepost::error::Error> {
                Ok(diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')").execute(db)?)
            })
            .unwrap();
        let before = columns(&test.connect());
        let error = migrate::migrate(&test.database_url()).unwrap_err().to_string();
        assert!(error.contains("newer than this program"), "{error}");
        assert_eq!(columns(&test.connect()), before);
    }
}
