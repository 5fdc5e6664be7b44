//! What an operator does by hand.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chain::{Address, Chain as _, FeePolicy, Patience, Poster, RpcChain, Terms, deploy, deploy_distributor};
use clap::Subcommand;
use server::chain_link::connect;
use server::config::ChainConfig;
use server::secrets;
use server::services::demo::{DemoClaims, DemoModels, DemoStory};
use server::services::operator::{self, FoundingFor};

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Make the secrets that are missing in a folder; what exists is kept.
    MakeSecrets {
        /// The folder.
        folder: PathBuf,
    },
    /// Add a key for access tokens. New tokens use it once the program is started again; nobody is signed out.
    RotateAccessKey {
        /// The folder of the secrets.
        folder: PathBuf,
    },
    /// Create the anchor contract and print its address.
    DeployContract {
        #[command(flatten)]
        by: Creator,
    },
    /// Create a contract from which members of one co-op claim, and print its address. Nothing of it can be changed later.
    DeployDistributor {
        #[command(flatten)]
        by: Creator,
        /// The account that submits roots; best one of several people.
        #[arg(long, value_name = "ADDRESS", value_parser = super::addresses::address)]
        executor: Address,
        /// An account that can stop a root while it waits; given once for each.
        #[arg(long = "guardian", value_name = "ADDRESS", required = true, value_parser = super::addresses::address)]
        guardians: Vec<Address>,
        /// For how many days a root waits, from 1 to 30.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=30))]
        delay_days: u64,
    },
    /// Found a co-op for a person, where only the operator founds co-ops and anywhere else. Can be repeated.
    FoundCoop {
        /// Its short name: 3 to 40 characters of a-z, 0-9 and hyphen.
        #[arg(long)]
        slug: String,
        /// Its name.
        #[arg(long)]
        name: String,
        /// The address of the founder's account.
        #[arg(long)]
        email: String,
        /// How the founder is called.
        #[arg(long)]
        display_name: String,
        /// Make the account where there is none, and mail a link with which the founder chooses a password.
        #[arg(long)]
        create_account: bool,
    },
    /// Let the log of a co-op be signed again where the database was restored from before it and no newer copy exists. What was lost
    /// stays lost. Without --yes it only says what it would do.
    RepairLog {
        /// The co-op's short name.
        slug: String,
        /// Do it, instead of saying what would be done.
        #[arg(long)]
        yes: bool,
    },
    /// Take a person who left out of every co-op and erase the account, for good. What was proved stays proved: the log and every bundle
    /// keep their hashes, which then say nothing. Without --yes it only says what would go.
    ErasePerson {
        /// The address of the account.
        #[arg(long)]
        email: String,
        /// Do it, instead of saying what would go.
        #[arg(long)]
        yes: bool,
    },
    /// Look at the servers of models of a co-op.
    Upstream {
        #[command(subcommand)]
        command: super::upstream::UpstreamCommand,
    },
    /// Make a small co-op with a story, once, and print who can sign in. For a first look alone. Where both models are named, the co-op
    /// shares them.
    SeedDemo {
        /// Where a language model is served as `smollm2-135m-instruct`, such as `http://127.0.0.1:8091/v1`.
        #[arg(long, requires = "embeddings", value_name = "URL")]
        language: Option<String>,
        /// Where a model of embeddings is served as `multilingual-e5-small`.
        #[arg(long, requires = "language", value_name = "URL")]
        embeddings: Option<String>,
        /// Leave out the books: no rule of revenue, no income, no payout cycle.
        #[arg(long)]
        without_books: bool,
        /// A `RochdaleDistributor` on the configured chain, whose node holds the accounts of those who send there: one member claims.
        #[arg(long, requires = "token", conflicts_with = "without_books", value_name = "ADDRESS")]
        distributor: Option<String>,
        /// The token of its claims, of six decimal places, which anybody mints.
        #[arg(long, requires = "distributor", value_name = "ADDRESS")]
        token: Option<String>,
        /// A file to write for `[portal] demonstration`. It holds the password, so its owner alone can read it.
        #[arg(long, value_name = "FILE")]
        demonstration: Option<PathBuf>,
    },
}

/// Who pays for a creation, and where.
#[derive(clap::Args)]
pub struct Creator {
    /// The JSON-RPC address of a node.
    #[arg(long)]
    rpc_url: String,
    /// The chain's id.
    #[arg(long)]
    chain_id: u64,
    /// The file with the key that pays.
    #[arg(long)]
    key_file: PathBuf,
    /// The most to offer for a unit of gas, in gwei.
    #[arg(long, default_value_t = 200)]
    max_fee_gwei: u64,
}

pub async fn run(command: AdminCommand, config: &Path) -> anyhow::Result<()> {
    match command {
        AdminCommand::MakeSecrets { folder } => {
            for name in secrets::make(&folder)? {
                super::say(format_args!("Wrote {}", folder.join(name).display()))?;
            }
            Ok(())
        }
        AdminCommand::RotateAccessKey { folder } => rotate(&folder),
        AdminCommand::FoundCoop {
            slug,
            name,
            email,
            display_name,
            create_account,
        } => {
            let asked = FoundingFor {
                slug,
                name,
                email,
                display_name,
                may_create_account: create_account,
            };
            found_coop(config, asked).await
        }
        AdminCommand::RepairLog { slug, yes } => super::repair::run(config, &slug, yes).await,
        AdminCommand::ErasePerson { email, yes } => super::erase::run(config, &email, yes).await,
        AdminCommand::Upstream { command } => super::upstream::run(command, config).await,
        AdminCommand::SeedDemo {
            language,
            embeddings,
            without_books,
            distributor,
            token,
            demonstration,
        } => {
            let models = language.zip(embeddings);
            let story = DemoStory {
                models: models.map(|(language, embeddings)| DemoModels { language, embeddings }),
                shares_revenue: !without_books,
                claims: distributor
                    .zip(token)
                    .map(|(distributor, token)| DemoClaims { distributor, token }),
            };
            seed_demo(config, &story, demonstration.as_deref()).await
        }
        AdminCommand::DeployContract { by } => {
            let (node, poster, policy) = by.ready().await?;
            let deployment = deploy(&node, &poster, &policy, Patience::default()).await?;
            let identity = node.identity().await?;
            super::say(format_args!("contract = \"{}\"", deployment.contract))?;
            super::say(format_args!("genesis = \"{}\"", identity.genesis))
        }
        AdminCommand::DeployDistributor {
            by,
            executor,
            guardians,
            delay_days,
        } => {
            let terms = Terms {
                executor,
                guardians,
                delay_seconds: delay_days.saturating_mul(86_400),
            };
            let (node, poster, policy) = by.ready().await?;
            let deployment = deploy_distributor(&node, &poster, (&policy, Patience::default()), terms).await?;
            super::say(format_args!("contract = \"{}\"", deployment.contract))
        }
    }
}

async fn found_coop(config: &Path, asked: FoundingFor) -> anyhow::Result<()> {
    let app = super::run::application(super::load(config)?).await?;
    let (slug, email, is_mailed) = (asked.slug.clone(), asked.email.clone(), asked.may_create_account);
    let founded = operator::found(&app, asked)
        .await
        .map_err(|problem| anyhow::anyhow!("{problem}: {}", problem.detail()))?;
    let what = if founded.is_repeated {
        "It stood already"
    } else {
        "Founded"
    };
    super::say(format_args!(
        "{what}: {slug} ({}), with {email} as its steward.",
        founded.coop
    ))?;
    if is_mailed {
        super::say("A link to choose a password is mailed by the worker; it works for an hour.")?;
    }
    Ok(())
}

async fn seed_demo(config: &Path, story: &DemoStory, told: Option<&Path>) -> anyhow::Result<()> {
    let app = super::run::application(super::load(config)?).await?;
    let [a, b, c, ..] = secrets::random()?;
    let demo = server::services::demo::seed(&app, &format!("rochdale {}", hex::encode([a, b, c])), story)
        .await
        .map_err(|problem| anyhow::anyhow!("{problem}: {}", problem.detail()))?;
    if let Some(file) = told {
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(file)?;
        file.write_all(&serde_json::to_vec(&demo)?)?;
    }
    super::say(format_args!(
        "Who can sign in, all with the password \"{}\":",
        demo.password
    ))?;
    for person in &demo.people {
        super::say(format_args!("  {:<10} {}", person.role, person.email))?;
    }
    Ok(())
}

fn rotate(folder: &Path) -> anyhow::Result<()> {
    let keys = folder.join("access_keys");
    let newest = std::fs::read_dir(&keys)
        .with_context(|| format!("no secrets in {}", folder.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse::<u32>().ok())
        .max()
        .unwrap_or(0);
    let path = keys.join(format!("{:04}", newest.saturating_add(1)));
    secrets::write_secret(&path, &secrets::random()?)?;
    super::say(format_args!(
        "Wrote {}. Start the program again to use it; remove older keys once their tokens have expired (10 minutes).",
        path.display()
    ))
}

impl Creator {
    /// The node, who pays, and what may be offered.
    async fn ready(self) -> anyhow::Result<(RpcChain, Poster, FeePolicy)> {
        let config = ChainConfig {
            rpc_url: self.rpc_url,
            chain_id: self.chain_id,
            genesis: None,
            contract: String::new(),
            admin: None,
            poster_key_file: self.key_file,
            max_fee_gwei: self.max_fee_gwei,
            seal_seconds: 60,
            explorer_url: None,
        };
        let node = connect(&config).await?;
        let poster = Poster::from_key(*secrets::read_secret(&config.poster_key_file)?, config.chain_id)?;
        let policy = FeePolicy {
            max_fee_cap: u128::from(config.max_fee_gwei).saturating_mul(1_000_000_000),
            tip_min: 1_000_000_000,
        };
        Ok((node, poster, policy))
    }
}
