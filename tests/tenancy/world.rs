//! Two orgs with a row of every tenant table for each kind of person, as seen by one who asks.

use ringcraft::model::{CallId, OrgId, Role, UserId};
use ringcraft::store::Actor as ScopeActor;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::tables::{TABLES, Table};
use crate::test_database::TestDatabase;

/// Whose a row is, to the person who asks: they are a member of one team, lead another, and have
/// nothing to do with a third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Their own.
    Own,
    /// Of a colleague in the team that they are in and do not lead.
    OwnTeam,
    /// Of somebody whom they lead.
    LedTeam,
    /// Of somebody of a team that they have nothing to do with.
    OtherTeam,
    /// Of another org.
    OtherOrg,
}

impl Whose {
    pub(crate) const IN_ORG: [Self; 4] = [Self::Own, Self::OwnTeam, Self::LedTeam, Self::OtherTeam];

    /// The letter that stands for it in `matrix.txt`.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Own => 'o',
            Self::OwnTeam => 't',
            Self::LedTeam => 'l',
            Self::OtherTeam => 'x',
            Self::OtherOrg => '!',
        }
    }

    /// The org of such a row.
    pub(crate) fn org(self) -> OrgId {
        let home = if self == Self::OtherOrg { self } else { Self::Own };
        OrgId(row_id("org", home))
    }

    /// The person of such a row.
    pub(crate) fn user(self) -> UserId {
        UserId(row_id("app_user", self))
    }

    /// Their call.
    pub(crate) fn call(self) -> CallId {
        CallId(row_id("call", self))
    }

    /// The team that they are a member of.
    pub(crate) fn team(self) -> Uuid {
        row_id("team", if self == Self::Own { Self::OwnTeam } else { self })
    }
}

/// Who asks: a column of the matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) column: &'static str,
    /// What the transaction says of itself.
    says: Says,
    managers_see_all: bool,
}

#[derive(Clone, Copy, Debug)]
enum Says {
    Person(Role),
    System,
    NoRole,
    Nothing,
}

const fn person(column: &'static str, role: Role) -> Asker {
    Asker { column, says: Says::Person(role), managers_see_all: false }
}

/// The columns of the matrix.
pub(crate) const ASKERS: [Asker; 9] = [
    person("rep", Role::Rep),
    person("manager", Role::Manager),
    Asker { managers_see_all: true, ..person("manager_all", Role::Manager) },
    person("hr", Role::Hr),
    person("admin", Role::Admin),
    person("superadmin", Role::Superadmin),
    Asker { column: "system", says: Says::System, managers_see_all: false },
    Asker { column: "no_role", says: Says::NoRole, managers_see_all: true },
    Asker { column: "nothing", says: Says::Nothing, managers_see_all: true },
];

impl Asker {
    /// As whom the store is asked; it has no way to ask without a role.
    pub(crate) fn actor(self) -> Option<ScopeActor> {
        match self.says {
            Says::Person(role) => Some(ScopeActor::User { id: Whose::Own.user(), role }),
            Says::System => Some(ScopeActor::System),
            Says::NoRole | Says::Nothing => None,
        }
    }

    fn role(self) -> &'static str {
        match self.says {
            Says::Person(role) => role.as_str(),
            Says::System => "system",
            Says::NoRole | Says::Nothing => "",
        }
    }
}

/// The id of the row of a table that is seeded for somebody.
pub(crate) fn row_id(table: &str, whose: Whose) -> Uuid {
    let place = TABLES.iter().position(|known| known.name == table).unwrap();
    Uuid::from_u128(((place as u128 + 1) << 64) | (whose as u128 + 1))
}

/// Puts into a statement whom it is about. `{row}` is a new id, or that of the row that is there.
pub(crate) fn fill(statement: &str, whose: Whose, row: Uuid, role: &str) -> String {
    let of_org = if whose == Whose::OtherOrg { whose } else { Whose::Own };
    let lead_team = if whose == Whose::Own { Whose::LedTeam.team() } else { whose.team() };
    statement
        .replace("{org}", &whose.org().to_string())
        .replace("{user}", &whose.user().to_string())
        .replace("{author}", &of_org.user().to_string())
        .replace("{call}", &whose.call().to_string())
        .replace("{team}", &whose.team().to_string())
        .replace("{lead_team}", &lead_team.to_string())
        .replace("{scenario}", &row_id("scenario", of_org).to_string())
        .replace("{endpoint}", &row_id("webhook_endpoint", of_org).to_string())
        .replace("{row}", &row.to_string())
        .replace("{role}", role)
}

/// A database with both orgs, a connection of its owner, and one that works as the server does.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) owner: PgConnection,
    pub(crate) app: PgConnection,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let mut owner = PgConnection::connect(&database.url).await.unwrap();
        for table in &TABLES {
            for whose in table.rows() {
                let row = row_id(table.name, whose);
                let seed = fill(table.insert, whose, row, "rep");
                if let Err(error) = owner.execute(AssertSqlSafe(seed.clone())).await {
                    panic!("{seed}: {error}");
                }
            }
        }
        let mut app = PgConnection::connect(&database.url).await.unwrap();
        app.execute("set role ringcraft_app").await.unwrap();
        Self { database, owner, app }
    }

    /// Begins a transaction of the server for somebody.
    pub(crate) async fn begin(&mut self, asker: Asker) {
        let set = format!("update org set managers_see_all = {}", asker.managers_see_all);
        self.owner.execute(AssertSqlSafe(set)).await.unwrap();
        self.app.execute("begin").await.unwrap();
        let user = match asker.says {
            Says::Nothing => return,
            Says::System => String::new(),
            Says::Person(_) | Says::NoRole => Whose::Own.user().to_string(),
        };
        sqlx::query(
            "select set_config('app.org_id', $1, true), set_config('app.user_id', $2, true),
                    set_config('app.role', $3, true)",
        )
        .bind(Whose::Own.org().to_string())
        .bind(user)
        .bind(asker.role())
        .execute(&mut self.app)
        .await
        .unwrap();
    }

    /// Tries a statement and takes back what it did.
    pub(crate) async fn attempt(&mut self, statement: &str) -> Attempt {
        self.app.execute("savepoint attempt").await.unwrap();
        let result = self.app.execute(AssertSqlSafe(statement.to_owned())).await;
        self.app.execute("rollback to attempt").await.unwrap();
        match result {
            Ok(done) => Attempt::Rows(done.rows_affected()),
            Err(error) => Attempt::of(&error).unwrap_or_else(|| panic!("{statement}: {error}")),
        }
    }

    /// How many rows a query counts.
    pub(crate) async fn count(&mut self, query: &str) -> Result<i64, Attempt> {
        self.app.execute("savepoint attempt").await.unwrap();
        let result = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
        let result = result.fetch_one(&mut self.app).await;
        self.app.execute("rollback to attempt").await.unwrap();
        result.map_err(|error| Attempt::of(&error).unwrap_or_else(|| panic!("{query}: {error}")))
    }

    /// Ends the transaction; nothing of it stays.
    pub(crate) async fn end(&mut self) {
        self.app.execute("rollback").await.unwrap();
    }

    /// What an asker writes as their role.
    pub(crate) fn insert(table: &Table, whose: Whose, asker: Asker) -> String {
        fill(table.insert, whose, Uuid::now_v7(), asker.role())
    }
}

/// What came of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It was run, on so many rows.
    Rows(u64),
    /// Row security or a missing grant refused it.
    Denied,
    /// Security let it through, and this constraint did not.
    Constraint(String),
}

impl Attempt {
    fn of(error: &sqlx::Error) -> Option<Self> {
        let error = error.as_database_error()?;
        match error.code()?.as_ref() {
            "42501" => Some(Self::Denied),
            code if code.starts_with("23") => {
                Some(Self::Constraint(error.constraint().unwrap_or(code).to_owned()))
            }
            _ => None,
        }
    }

    /// Whether security let it through.
    pub(crate) fn passed(&self) -> bool {
        !matches!(self, Self::Rows(0) | Self::Denied)
    }
}
