//! An org to try things out in: seven people, two teams, and accounts that are told once.

use std::io::Write;
use std::path::Path;

pub(crate) use accounts::{Account, Accounts, AccountsError, FILE};

use crate::identity::password::Password;
use crate::identity::{BearerToken, TokenKind};
use crate::model::{ApiKeyId, OrgId, Role, TeamId, UserId};
use crate::store::demo::{self, NewAccess, NewTeam};
use crate::store::user::{NewUser, UserStatus};
use crate::store::{Actor, Store, StoreError, platform};

mod accounts;

const ORG_NAME: &str = "Harbour Home Loans";

const TEAMS: [&str; 2] = ["Purchase", "Refinance"];

/// How much of a key is shown where keys are listed.
const KEY_PREFIX_CHARS: usize = 8;

/// The letters of a password: none of those that are taken for another. 32, so that each is five
/// bits of chance.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Somebody in the demo org. A manager leads their team, others are in it.
struct Person {
    name: &'static str,
    email: &'static str,
    role: Role,
    team: Option<usize>,
}

/// The addresses are of a domain that nobody can ever have: RFC 2606, section 2.
const PEOPLE: [Person; 7] = [
    person("Ingrid Solberg", "ingrid.solberg@demo.example", Role::Admin, None),
    person("Amara Okafor", "amara.okafor@demo.example", Role::Manager, Some(0)),
    person("Tomás Herrera", "tomas.herrera@demo.example", Role::Manager, Some(1)),
    person("Yuki Tanaka", "yuki.tanaka@demo.example", Role::Rep, Some(0)),
    person("Leila Haddad", "leila.haddad@demo.example", Role::Rep, Some(0)),
    person("Piotr Zieliński", "piotr.zielinski@demo.example", Role::Rep, Some(1)),
    person("Priya Raman", "priya.raman@demo.example", Role::Rep, Some(1)),
];

const fn person(
    name: &'static str,
    email: &'static str,
    role: Role,
    team: Option<usize>,
) -> Person {
    Person { name, email, role, team }
}

/// Why there are no new accounts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SeedError {
    /// A demo is for a database that nobody uses.
    #[error(
        "this database has an org already; where it is the demo's, `ringcraft seed --again` gives \
         its people new passwords and keys"
    )]
    HasOrgs,
    /// There is nobody to give new passwords to.
    #[error("this database has no demo org; `ringcraft seed` makes one where there is no org yet")]
    NoDemo,
    /// They could not be kept for a second shell.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// They could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the demo org in a database without any, and writes its accounts into the data folder.
///
/// # Errors
/// When there is an org, or the accounts cannot be kept; then nothing was made.
pub(crate) async fn seed(store: &Store, data_dir: &Path) -> Result<Accounts, SeedError> {
    if platform::has_orgs(store).await? {
        return Err(SeedError::HasOrgs);
    }
    let people: Vec<_> = PEOPLE.iter().map(|person| (UserId::new(), person)).collect();
    let made = Made::of(&people).await;
    let users: Vec<_> = people.iter().map(|&(id, person)| new_user(id, person)).collect();
    let teams: Vec<_> = (0..TEAMS.len()).map(|team| new_team(team, &people)).collect();
    let scope = store.scope(OrgId::new(), Actor::System);
    let begun = demo::begin_org(&scope, ORG_NAME, &users, &teams, &made.access()).await?;
    let begun = begun.ok_or(SeedError::HasOrgs)?;
    // Before they exist: accounts whose passwords nobody knows would be in the way for ever.
    made.accounts.write(data_dir)?;
    begun.commit().await?;
    Ok(made.accounts)
}

/// Gives the people of the demo org new passwords and keys, and writes them into the data folder.
///
/// # Errors
/// When there is no demo org, or the accounts cannot be kept; then the old ones are still good.
pub(crate) async fn renew(store: &Store, data_dir: &Path) -> Result<Accounts, SeedError> {
    let (org, _) =
        platform::user_by_email(store, PEOPLE[0].email).await?.ok_or(SeedError::NoDemo)?;
    let mut people = Vec::new();
    for person in &PEOPLE {
        match platform::user_by_email(store, person.email).await? {
            Some((of, user)) if of == org => people.push((user, person)),
            _ => {}
        }
    }
    let made = Made::of(&people).await;
    let begun = demo::begin_access(&store.scope(org, Actor::System), &made.access()).await?;
    made.accounts.write(data_dir)?;
    begun.commit().await?;
    Ok(made.accounts)
}

/// Makes the demo org unless there is an org, and says on `out`, once, how to get in at `address`.
///
/// # Errors
/// When it cannot be made.
pub(crate) async fn offer(
    store: &Store,
    data_dir: &Path,
    address: &str,
    out: &mut dyn Write,
) -> Result<(), SeedError> {
    match seed(store, data_dir).await {
        Ok(accounts) => {
            let told = accounts.table(data_dir) + &accounts.welcome(address);
            // Where nobody reads, the file tells.
            let _ = out.write_all(told.as_bytes()).and_then(|()| out.flush());
        }
        Err(SeedError::HasOrgs) => {
            let file = data_dir.join(FILE);
            if file.exists() {
                tracing::info!(file = %file.display(), "the demo accounts are in this file");
            } else {
                tracing::info!("no demo org is made: there is an org already");
            }
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Accounts, and what is stored of them.
struct Made {
    accounts: Accounts,
    kept: Vec<Kept>,
}

struct Kept {
    user: UserId,
    key: ApiKeyId,
    password_hash: String,
    token: BearerToken,
    token_hash: [u8; 32],
}

impl Made {
    async fn of(people: &[(UserId, &Person)]) -> Self {
        let mut accounts = Vec::new();
        let mut kept = Vec::new();
        for &(user, person) in people {
            let password = new_password();
            let token = BearerToken::new(TokenKind::ApiKey);
            kept.push(Kept {
                user,
                key: ApiKeyId::new(),
                password_hash: Password::new(password.as_str()).hash().await,
                token_hash: token.hash(),
                token: token.clone(),
            });
            accounts.push(Account {
                name: person.name.to_owned(),
                email: person.email.to_owned(),
                role: person.role,
                team: person.team.map(|team| TEAMS[team].to_owned()),
                password,
                api_key: token.expose().to_owned(),
            });
        }
        Self { accounts: Accounts { org: ORG_NAME.to_owned(), accounts }, kept }
    }

    fn access(&self) -> Vec<NewAccess<'_>> {
        let access = self.kept.iter().map(|kept| NewAccess {
            user: kept.user,
            password_hash: &kept.password_hash,
            api_key: kept.key,
            key_prefix: &kept.token.expose()[..KEY_PREFIX_CHARS],
            key_hash: &kept.token_hash,
        });
        access.collect()
    }
}

fn new_user(id: UserId, person: &Person) -> NewUser<'static> {
    let Person { email, name, role, .. } = *person;
    NewUser { id, email, name, role, status: UserStatus::Active }
}

fn new_team(team: usize, people: &[(UserId, &Person)]) -> NewTeam<'static> {
    let with = |leads: bool| {
        let of = people.iter().filter(|(_, person)| person.team == Some(team));
        of.filter(|(_, person)| (person.role == Role::Manager) == leads)
            .map(|&(id, _)| id)
            .collect()
    };
    NewTeam { id: TeamId::new(), name: TEAMS[team], leads: with(true), members: with(false) }
}

/// Sixteen letters, 80 bits of chance, in groups that can be typed from a screen.
fn new_password() -> String {
    let bytes: [u8; 16] = rand::random();
    let letters = bytes.map(|byte| char::from(PASSWORD_LETTERS[usize::from(byte % 32)]));
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests;
