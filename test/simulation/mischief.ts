/** Mischief: what is done to the shop while people trade, and how it is all undone when the storm is over. */
import { PROMPT } from "./carrier.ts"
import { PEACE } from "./database.ts"
import type { Dice } from "./dice.ts"
import { HONEST, UNHURRIED } from "./provider.ts"
import type { Mischief, Scenario } from "./scenario.ts"
import { type Outside, Service, type Settings } from "./service.ts"
import { CALM } from "./stream.ts"
import type { Host, Node } from "./world.ts"

export class Machines {
  readonly services: Array<Service> = []
  readonly #outside: Outside
  readonly #settings: Settings
  readonly #dice: Dice
  /** Hears of a process that stands still from now on, for so many milliseconds. */
  onFreeze: (forMs: number) => void = () => undefined
  #peace = false
  #incarnations = 0
  /** Each process keeps its clock's error. */
  readonly #offsets: Array<number> = []

  constructor(
    outside: Outside,
    { clockErrorMs, processes, settings }: Pick<Scenario, "clockErrorMs" | "processes" | "settings">,
    dice: Dice,
  ) {
    this.#outside = outside
    this.#settings = settings
    this.#dice = dice
    for (let number = 0; number < processes; number++) {
      this.#offsets.push(number === 0 ? 0 : dice.between(-clockErrorMs, clockErrorMs))
      this.#start(number)
    }
  }

  /** Milliseconds since 1970, by the clock that is furthest ahead. */
  get latestWallMs(): number {
    return Math.max(...this.services.map(({ main }) => main.wallMs))
  }

  #start(number: number): void {
    const name = `${"ABC"[number]}${++this.#incarnations}`
    const service = new Service(this.#outside, this.#settings, name)
    service.host.offsetMs = this.#offsets[number]!
    this.services[number] = service
  }

  #startLater(number: number, dead: Service): void {
    const { database, world } = this.#outside
    const delay = this.#peace ? 50_000 : this.#dice.between(50_000, 2_500_000)
    world.post(database.node, delay, () => {
      if (this.services[number] === dead) this.#start(number)
    })
  }

  #serviceOf(host: Host | null): Service | undefined {
    return this.services.find((service) => service.host === host)
  }

  /** The deciding process is worth more trouble than a standby. */
  #victim(): Service {
    const owner = this.#dice.oneIn(3) ? undefined : this.#serviceOf(this.#outside.leases.holder)
    return owner ?? this.#dice.pick(this.services)
  }

  #kill(service: Service): void {
    if (service.isDead) return
    this.#outside.journal.fault("a process killed", service.host.name)
    service.kill()
    this.#startLater(this.services.indexOf(service), service)
  }

  /** This node dies after so many microseconds, or its whole process does. */
  killSoon(node: Node, delay: number): void {
    const { database, world } = this.#outside
    world.post(database.node, delay, () => {
      const service = this.#serviceOf(node.host)
      if (service === undefined || this.#peace || node.isDead || node.isFrozen) return
      if (node === service.facts.node && this.#dice.oneIn(2)) return this.#killFacts(service)
      const thread = service.threads.find((each) => each.node === node)
      if (thread === undefined || this.#dice.oneIn(2)) return this.#kill(service)
      this.#outside.journal.fault("a worker thread killed", node.name)
      service.killThread(thread)
    })
  }

  /** Its main thread stands still, its workers go on. */
  freezeMain(host: Host, forMs: number): void {
    const service = this.#serviceOf(host)
    if (service !== undefined && !this.#peace) this.#freezeThread(service.main, forMs)
  }

  #killFacts({ facts }: Service): void {
    if (facts.node.isDead) return
    this.#outside.journal.fault("a facts thread killed", facts.node.name)
    facts.kill()
  }

  /** The relaying process is worth more trouble than those that wait. */
  #relay(): Service {
    const relay = this.#dice.oneIn(3) ? undefined : this.#serviceOf(this.#outside.relays.holder?.host ?? null)
    return relay ?? this.#dice.pick(this.services)
  }

  do(what: Mischief): void {
    const { database, journal, leases, stream, relays, world } = this.#outside
    const service = this.#victim()
    const number = this.services.indexOf(service)
    const { host } = service
    switch (what._tag) {
      case "Kill":
        return this.#kill(service)
      case "Stop":
        if (!service.isOpen) return
        journal.fault("a process asked to stop", host.name)
        return service.stop(() => this.#startLater(number, service))
      case "KillThread":
        return this.#onThread(service, (node) => {
          journal.fault("a worker thread killed", node.name)
          service.killThread(service.threads.find((thread) => thread.node === node)!)
        })
      case "FreezeThread":
        return this.#onThread(service, (node) => this.#freezeThread(node, what.forMs))
      case "Freeze":
        return this.#freeze(service, what.forMs)
      case "Outage":
        if (database.isDown) return
        journal.fault("the database restarted")
        database.goDown()
        leases.endAll(() => true)
        relays.endAll(() => true)
        return void world.post(database.node, what.forMs * 1_000, () => {
          database.isDown = false
        })
      case "Partition":
        journal.fault("a process cut off from the database", host.name)
        database.part(host)
        return void world.post(database.node, what.forMs * 1_000, () => database.mend(host))
      case "EndLease":
        journal.fault("the lease's session ended", leases.holder?.name ?? "no process's")
        return leases.endAll((each) => each === leases.holder)
      case "EndRelaySession":
        journal.fault("the relay's session ended", relays.holder?.name ?? "no process's")
        return relays.endAll((each) => each === relays.holder?.host)
      case "KillFacts":
        return this.#killFacts(this.#relay())
      case "FreezeFacts":
        return this.#freezeThread(this.#relay().facts.node, what.forMs)
      case "StreamOutage":
        if (stream.isDown) return
        journal.fault("the stream was down", `for ${what.forMs} ms`)
        stream.isDown = true
        return void world.post(database.node, what.forMs * 1_000, () => {
          stream.isDown = false
        })
      case "JumpClock":
        journal.fault(what.byMs < 0 ? "a clock put back" : "a clock put forward", `${host.name} ${what.byMs} ms`)
        this.#offsets[number]! += what.byMs
        host.offsetMs += what.byMs
    }
  }

  #onThread(service: Service, how: (node: Node) => void): void {
    const alive = service.threads.filter(({ node }) => !node.isDead)
    if (alive.length > 0) how(this.#dice.pick(alive).node)
  }

  #freezeThread(node: Node, forMs: number): void {
    const { database, journal, world } = this.#outside
    if (node.state !== "running") return
    journal.fault("a thread frozen", `${node.name} for ${forMs} ms`)
    node.state = "frozen"
    world.post(database.node, forMs * 1_000, () => {
      if (node.state !== "frozen") return
      node.state = "running"
      world.thaw(node)
    })
  }

  #freeze(service: Service, forMs: number): void {
    const { database, journal, leases, world } = this.#outside
    const { host } = service
    if (host.state !== "running") return
    journal.fault("a process frozen", `${host.name} for ${forMs} ms`)
    host.state = "frozen"
    this.onFreeze(forMs)
    world.post(database.node, forMs * 1_000, () => {
      if (host.state !== "frozen") return
      host.state = "running"
      if (leases.holder !== null && leases.holder !== host)
        journal.moment("a frozen owner woke up after its lanes were taken")
      journal.write(host.name, "goes on")
      for (const node of service.nodes) if (node.state === "running") world.thaw(node)
    })
  }

  /** No more faults; what is broken is mended, what was stopped is started. */
  heal(): void {
    const { carrier, database, provider, stream, world } = this.#outside
    this.#peace = true
    carrier.moods = PROMPT
    database.luck = PEACE
    stream.luck = CALM
    stream.isDown = false
    provider.moods = HONEST
    provider.pace = UNHURRIED
    database.isDown = false
    for (const [number, service] of this.services.entries()) {
      database.mend(service.host)
      if (service.isDead) this.#startLater(number, service)
      else service.host.state = "running"
      for (const node of service.nodes) {
        if (node.state === "frozen") node.state = "running"
        world.thaw(node)
      }
    }
  }
}
