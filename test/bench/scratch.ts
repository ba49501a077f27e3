/**
 * A PostgreSQL of the bench's own: the embedded one as the service starts it (fsync on, its default settings), below a
 * temporary home. Databases are copied from templates that were filled once.
 */
import { PgConnection } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import * as BulkLoad from "../../src/adapters/postgres/bulk-load.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { migrate } from "../../src/adapters/postgres/migrations.ts"
import { OwnPostgres } from "../support/own-postgres.ts"
import { freshHome, run as jaego, start as startService } from "../support/service.ts"

export interface Contents {
  readonly products: number
  readonly orders: number
  /** Units each product has. */
  readonly onHand: number
}

const CHECKOUT_SKU = "BENCH-"

/** Products created at once in another checkout. */
const CREATES = 64

type Row = Readonly<Record<string, unknown>>

export class Scratch {
  readonly postmaster: number
  /** Removes the files; for an exit that cannot wait until Postgres has stopped. */
  readonly remove: () => void
  readonly #url: string
  readonly #templates = new Map<string, string>()
  readonly #end: () => Promise<void>
  #count = 0

  private constructor(url: string, postmaster: number, remove: () => void, end: () => Promise<void>) {
    this.remove = remove
    this.#url = url
    this.postmaster = postmaster
    this.#end = end
  }

  static async open(): Promise<Scratch> {
    const { home, remove } = freshHome()
    try {
      // The superuser's: the role of the service makes no databases.
      const postgres = await OwnPostgres.make(home)
      const end = async () => {
        await postgres.stop("fast")
        remove()
      }
      return new Scratch(postgres.url(), postgres.pid, remove, end)
    } catch (error) {
      remove()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#end()
  }

  urlOf(database: string): string {
    const url = new URL(this.#url)
    url.pathname = `/${database}`
    return url.href
  }

  /** One statement, however long it takes, on a connection of its own. */
  query(statement: string, database = "postgres"): Promise<ReadonlyArray<Row>> {
    return PgConnection.make({
      url: Redacted.make(this.urlOf(database)),
      startupParameters: { timezone: "UTC", work_mem: "128MB" },
    }).pipe(
      Effect.flatMap((connection) => connection.query(statement, [], false)),
      Effect.map(({ rows }) => rows),
      Effect.scoped,
      Effect.runPromise,
    )
  }

  /** A database with these contents, to be copied; filled when it is first asked for. */
  async template({ onHand, orders, products }: Contents, told: (stage: string) => void = () => undefined) {
    const name = `template_${products}_${orders}_${onHand}`
    const known = this.#templates.get(name)
    if (known !== undefined) return known
    await this.query(`create database ${name}`)
    const fill = BulkLoad.fill({ products, orders, onHand, now: Date.now() }, (stage) => Effect.sync(() => told(stage)))
    await Effect.runPromise(
      (products === 0 ? migrate : Effect.andThen(migrate, fill)).pipe(
        Effect.provide(PostgresClient.layer(this.urlOf(name))),
      ),
    )
    this.#templates.set(name, name)
    return name
  }

  /**
   * The same contents made by another checkout, whose tables and functions may differ: through its HTTP API, which is what
   * two versions have in common. Limits: no past orders.
   */
  async templateOf(cli: string, { onHand, orders, products }: Contents): Promise<string> {
    if (orders > 0) throw new Error("another checkout is measured without past orders")
    const name = `checkout_${products}_${onHand}`
    if (this.#templates.has(name)) return name
    await this.query(`create database ${name}`)
    const service = await startService({ DATABASE_URL: this.urlOf(name), FACTS: "off" }, [], cli)
    const create = (index: number) =>
      service.post(
        "/v1/products",
        { sku: `${CHECKOUT_SKU}${index}`, name: `Product ${index}`, price: { amount: 1_000, currency: "EUR" }, onHand },
        { "idempotency-key": `bench-product-${index}` },
      )
    for (let made = 0; made < products; made += CREATES) {
      const answers = await Promise.all(
        Array.from({ length: Math.min(CREATES, products - made) }, (_, index) => create(made + index)),
      )
      const refused = answers.find(({ status }) => status !== 201)
      if (refused !== undefined) throw new Error(`the checkout makes no products: ${refused.status} ${refused.text}`)
    }
    await service.stop()
    this.#templates.set(name, name)
    return name
  }

  /** A fresh copy. Its pages are on disk before it is given out, so that no write of them falls into a measurement. */
  async copy(template: string): Promise<string> {
    const name = `bench_${++this.#count}`
    await this.query(`create database ${name} template ${template} strategy file_copy`)
    await this.query("checkpoint")
    return name
  }

  async drop(database: string): Promise<void> {
    await this.query(`drop database if exists ${database} with (force)`)
  }

  /** From SQL, by `jaego verify`; throws what it says. */
  async prove(database: string): Promise<void> {
    const { code, stderr, stdout } = await jaego(["verify", "--database", this.urlOf(database)])
    if (code !== 0) throw new Error(`the database ${database} breaks a law:\n${stdout}${stderr}`)
  }

  /** Ids of a template's products, in the order they were made; not those that a checkout demonstrates itself with. */
  async products(template: string): Promise<ReadonlyArray<string>> {
    const made = template.startsWith("checkout_") ? `where sku like '${CHECKOUT_SKU}%'` : ""
    const rows = await this.query(`select id from products ${made} order by id`, template)
    return rows.map(({ id }) => String(id))
  }
}
