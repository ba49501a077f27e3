/**
 * Databases to measure on: an embedded PostgreSQL as the service starts it (fsync on, its default settings), below a temporary
 * home, and in it copies of templates that were filled once.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgConnection } from "@effect/sql-pg"
import { Effect, Exit, Redacted, Scope } from "effect"
import { ScratchServer } from "../adapters/embedded-postgres/scratch-server.ts"
import * as BulkLoad from "../adapters/postgres/bulk-load.ts"
import * as PostgresClient from "../adapters/postgres/client.ts"
import { migrate } from "../adapters/postgres/migrations.ts"

export interface Contents {
  readonly products: number
  readonly orders: number
  /** Units each product has. */
  readonly onHand: number
}

export type Row = Readonly<Record<string, unknown>>

/** Counts statements, of which `pg_stat_database` knows nothing. */
const COUNTING = "alter system set shared_preload_libraries = 'pg_stat_statements'"

/**
 * A server that has been running for a while has log segments to write over; a new one makes each when it is needed, and all
 * commits wait for its 16 MiB of zeros (60 ms). What a turn of the fastest guard writes is half of this.
 */
const SEGMENTS = 32
const KEPT = "alter system set min_wal_size = '1GB'"
const SEGMENTED = `select count(pg_switch_wal())::int, count(pg_logical_emit_message(false, 'jaego', ''))::int from generate_series(1, ${SEGMENTS})`

export class Databases {
  /** Process id of PostgreSQL. */
  readonly postmaster: number
  /** Removes the files; for an exit that cannot wait until Postgres has stopped. */
  readonly remove: () => void
  protected readonly templates = new Map<string, string>()
  readonly #server: ScratchServer
  readonly #scope = Scope.makeUnsafe()
  #watching: Promise<PgConnection.PgConnection> | null = null
  #count = 0

  protected constructor(server: ScratchServer, remove: () => void) {
    this.remove = remove
    this.#server = server
    this.postmaster = server.pid
  }

  protected static async serve(statements: ReadonlyArray<string> = []) {
    const folder = mkdtempSync(join(tmpdir(), "jaego-databases-"))
    // It may run as another user.
    chmodSync(folder, 0o755)
    const remove = () => rmSync(folder, { recursive: true, force: true })
    try {
      return [await ScratchServer.make(join(folder, "home"), statements), remove] as const
    } catch (error) {
      remove()
      throw error
    }
  }

  /** With statements counted by `pg_stat_statements`. */
  static async open(): Promise<Databases> {
    const databases = new this(...(await Databases.serve([COUNTING, KEPT])))
    await databases.query("create extension pg_stat_statements")
    return databases
  }

  /** Its log is that of a server which has been written to before. */
  async withSegments(): Promise<void> {
    await this.query(SEGMENTED)
    await this.flush()
  }

  /** The vacuum of a database that was written before would fall on one that is measured now. */
  async withoutAutovacuum(): Promise<void> {
    await this.query("alter system set autovacuum = off")
    await this.query("select pg_reload_conf()")
  }

  async close(): Promise<void> {
    await Effect.runPromise(Scope.close(this.#scope, Exit.void))
    await this.#server.stop("fast")
    this.remove()
  }

  urlOf(database: string): string {
    return this.#server.url(database)
  }

  /** One statement, however long it takes, on a connection of its own. */
  query(statement: string, database = "postgres"): Promise<ReadonlyArray<Row>> {
    return this.#connect(database).pipe(
      Effect.flatMap((connection) => connection.query(statement, [], false)),
      Effect.map(({ rows }) => rows),
      Effect.scoped,
      Effect.runPromise,
    )
  }

  /** A look at the whole server, on a connection that is kept: many a second cost what is measured little. */
  async look(statement: string): Promise<ReadonlyArray<Row>> {
    this.#watching ??= Effect.runPromise(Scope.provide(this.#connect("postgres"), this.#scope))
    const connection = await this.#watching
    return (await Effect.runPromise(connection.query(statement, [], false))).rows
  }

  #connect(database: string) {
    return PgConnection.make({
      url: Redacted.make(this.urlOf(database)),
      startupParameters: { timezone: "UTC", work_mem: "128MB" },
    })
  }

  /** A database with these contents, to be copied; filled when it is first asked for. */
  async template({ onHand, orders, products }: Contents, log: (stage: string) => void = () => undefined) {
    const name = `template_${products}_${orders}_${onHand}`
    const known = this.templates.get(name)
    if (known !== undefined) return known
    await this.query(`create database ${name}`)
    const fill = BulkLoad.fill({ products, orders, onHand, now: Date.now() }, (stage) => Effect.sync(() => log(stage)))
    await Effect.runPromise(
      (products === 0 ? migrate : Effect.andThen(migrate, fill)).pipe(
        Effect.provide(PostgresClient.layer(this.urlOf(name))),
      ),
    )
    this.templates.set(name, name)
    return name
  }

  /** A fresh copy. Its pages are on disk before it is given out, so that no write of them falls into a measurement. */
  async copy(template: string): Promise<string> {
    const name = `copy_${++this.#count}`
    await this.query(`create database ${name} template ${template} strategy file_copy`)
    await this.flush()
    return name
  }

  /** What was written is on disk: no checkpoint of it falls into a measurement. */
  async flush(): Promise<void> {
    await this.query("checkpoint")
  }

  async drop(database: string): Promise<void> {
    await this.query(`drop database if exists ${database} with (force)`)
  }

  /** Ids of a template's products, in the order they were made. */
  async products(template: string): Promise<ReadonlyArray<string>> {
    const rows = await this.query("select id from products order by id", template)
    return rows.map(({ id }) => String(id))
  }
}
