/** The databases of the bench (`lab/databases.ts`), and those that another checkout fills. */
import { type Contents, Databases } from "../../src/lab/databases.ts"
import { run as jaego, start as startService } from "../support/service.ts"

export type { Contents }

const CHECKOUT_SKU = "BENCH-"

/** Products created at once in another checkout. */
const CREATES = 64

export class Scratch extends Databases {
  static override async open(): Promise<Scratch> {
    return new Scratch(...(await Scratch.serve()))
  }

  /** With statements counted by `pg_stat_statements`, in its database `postgres`. */
  static counting(): Promise<Scratch> {
    return Databases.open.call(Scratch) as Promise<Scratch>
  }

  /**
   * The same contents made by another checkout, whose tables and functions may differ: through its HTTP API, which is what
   * two versions have in common. Limits: no past orders.
   */
  async templateOf(cli: string, { onHand, orders, products }: Contents): Promise<string> {
    if (orders > 0) throw new Error("another checkout is measured without past orders")
    const name = `checkout_${products}_${onHand}`
    if (this.templates.has(name)) return name
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
    this.templates.set(name, name)
    return name
  }

  /** From SQL, by `jaego verify`; throws what it says. */
  async prove(database: string): Promise<void> {
    const { code, stderr, stdout } = await jaego(["verify", "--database", this.urlOf(database)])
    if (code !== 0) throw new Error(`the database ${database} breaks a law:\n${stdout}${stderr}`)
  }

  /** Ids of a template's products, in the order they were made; not those that a checkout demonstrates itself with. */
  override async products(template: string): Promise<ReadonlyArray<string>> {
    if (!template.startsWith("checkout_")) return super.products(template)
    const rows = await this.query(`select id from products where sku like '${CHECKOUT_SKU}%' order by id`, template)
    return rows.map(({ id }) => String(id))
  }
}
