/**
 * Verifying a bundle in the browser: written from record.md, sections 5 to 13, and not from the auditor's program, so that the two check
 * each other. What is left to that program is said, never passed over.
 */
import { fromHex, toHex } from '../bytes'
import { verifyAssertion } from '../keys/assertion'
import { verify as verifySignature } from '../keys/browser'
import { openNote, readCheckpoint, readNoteKey } from '../log/note'
import { entryOf, leafHash } from '../log/tree'
import { domainSeparator } from '../record/hash'
import type { RecordType } from '../record/types'
import { areHighest, isMotion, isSum, outcome, totals, type CountedChoice } from './count'
import { digestOf, hashRecord, hashText, hashTexts, hashWords, NotAWord, typeHashOf, type RecordJson } from './hash'
import { keyLeaf, type RollKey } from './keys'
import { OPTIONAL, readBundle, SECTIONS, type Bundle, type Line, type Section } from './read'
import { coveredRoot, holdsLeaf, leafOf, rootOf, rootOfMany, type Claim } from './tree'

/** What is checked, in the order in which it is told; parts of message keys. */
export const CHECKS = ['whole', 'seal', 'question', 'roll', 'ballots', 'signatures', 'tally', 'recount', 'log', 'anchors'] as const
export type Check = (typeof CHECKS)[number]
/** `elsewhere`: the auditor's program checks it and this page does not. `absent`: the bundle lacks the evidence. */
export type State = 'holds' | 'broken' | 'absent' | 'elsewhere'
export interface Finding {
  check: Check
  state: State
  /** The first line of the file that contradicts; null where none can be named. */
  line: number | null
}

/** What the bundle is about, in its own words, and what was found. */
export interface Verified {
  findings: Finding[]
  coop: string
  slug: string
  title: string
  secrecy: number
  outcome: string
  /** Ballots that count, of the members on the roll. */
  counted: number
  roll: number
  /** How many of them a member's key signed. */
  signed: number
  /** What this page added up; null where it does not. */
  totals: { name: string; total: string }[] | null
  /** Whose server made it, and under which log: to be compared with what one knows. */
  serverKey: string
  logKey: string | null
}

/** A check that found a contradiction, at a line of the file. */
class Contradiction extends Error {
  readonly line: number | null

  constructor(line: number | null = null) {
    super('contradiction')
    this.line = line
  }
}
function hold(holds: boolean, line: number | null = null): void {
  if (!holds) throw new Contradiction(line)
}

const record = (line: Line | undefined): RecordJson => (typeof line?.['record'] === 'object' && line['record'] !== null ? (line['record'] as RecordJson) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const isPlace = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const list = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : [])

/** Lets the page breathe: a pause as soon as this much time has passed, in milliseconds. */
const SLICE_MS = 12

interface Roll {
  voter: string
  weight: bigint
  keys: readonly { kind: string; public_key: string }[]
}

export class Verification {
  readonly #bundle: Bundle
  readonly #progress: (part: number) => void
  #last = performance.now()
  #done = 0
  #separator: string | null = null
  readonly #hashes = new Map<Line, string>()
  readonly #roll = new Map<string, Roll>()

  private constructor(bundle: Bundle, progress: (part: number) => void) {
    this.#bundle = bundle
    this.#progress = progress
  }

  /** Reads and verifies a file. Throws {@link NotABundle} where it is none. */
  static async of(file: Blob, progress: (part: number) => void = () => undefined): Promise<Verified> {
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve))
    return new Verification(await readBundle(file, pause), progress).#run()
  }

  #one(section: Section): { number: number; line: Line } | undefined {
    return this.#bundle.lines[section][0]
  }
  get #header(): Line {
    return this.#one('header')?.line ?? {}
  }
  get #proposal(): RecordJson {
    return record(this.#one('proposal')?.line)
  }
  get #tally(): RecordJson {
    return record(this.#one('tally')?.line)
  }
  get #hasProxies(): boolean {
    return this.#bundle.lines.delegation.length + this.#bundle.lines.proxy.length > 0
  }
  #hash(type: RecordType, line: Line): string {
    const known = this.#hashes.get(line)
    if (known !== undefined) return known
    const hash = hashRecord(type, record(line))
    this.#hashes.set(line, hash)
    return hash
  }

  /** A step of the work; the page is let live now and then. */
  async #breathe(): Promise<void> {
    this.#done += 1
    if (performance.now() - this.#last < SLICE_MS) return
    const { ballot, roll, event } = this.#bundle.lines
    this.#progress(Math.min(1, this.#done / (5 * ballot.length + 2 * roll.length + 2 * event.length + 1)))
    await new Promise<void>((resolve) => setTimeout(resolve))
    this.#last = performance.now()
  }

  async #run(): Promise<Verified> {
    const findings: Finding[] = []
    const works: Record<Check, () => Promise<State> | State> = {
      whole: () => this.#whole(),
      seal: () => this.#seal(),
      question: () => this.#question(),
      roll: () => this.#checkRoll(),
      ballots: () => this.#ballots(),
      signatures: () => this.#signatures(),
      tally: () => this.#checkTally(),
      recount: () => this.#recount(),
      log: () => this.#log(),
      anchors: () => this.#anchors(),
    }
    for (const check of CHECKS) {
      try {
        findings.push({ check, state: await works[check](), line: null })
      } catch (caught) {
        // What is not of the form that it must have is a contradiction like any other; a defect of this page is not.
        if (!(caught instanceof Contradiction) && !(caught instanceof NotAWord)) throw caught
        findings.push({ check, state: 'broken', line: caught instanceof Contradiction ? caught.line : null })
      }
    }
    this.#progress(1)
    return this.#told(findings)
  }

  #told(findings: Finding[]): Verified {
    const coop = (this.#header['coop'] ?? {}) as Line
    const proposal = this.#one('proposal')?.line ?? {}
    const counted = this.#bundle.lines.ballot.filter(({ line }) => line['counted'] === true)
    const names = isMotion(this.#ruleRecord) ? ['yes', 'no', 'abstain', 'blank'] : list<string>(proposal['options'])
    const isRecounted = findings.some((finding) => finding.check === 'recount' && finding.state === 'holds')
    const log = this.#header['log'] as Line | null | undefined
    return {
      findings,
      coop: text(coop['name']),
      slug: text(coop['slug']),
      title: text(proposal['title']),
      secrecy: Number(this.#proposal['secrecy'] ?? 0),
      outcome: text(this.#one('tally')?.line['outcome']),
      counted: counted.length,
      roll: this.#bundle.lines.roll.length,
      signed: counted.filter(({ line }) => line['kind'] !== 'session').length,
      totals: isRecounted ? this.#sums().map((total, index) => ({ name: names[index] ?? String(index + 1), total: total.toString() })) : null,
      serverKey: text(this.#header['server_key']),
      logKey: log == null ? null : text(log['key']),
    }
  }

  /** The file is as it was sealed: lines, sections and bytes are those that its end names. */
  #whole(): State {
    const { lines, digests, sha256 } = this.#bundle
    for (const section of ['header', 'rule', 'proposal', 'lot', 'tally'] as const) hold(lines[section].length === 1, lines[section][1]?.number ?? null)
    hold(this.#header['format'] === 'rochdale-bundle' && this.#header['version'] === 1 && this.#header['kind'] === 'decision', 1)
    const end = this.#one('end')!
    const counts = (end.line['counts'] ?? {}) as Record<string, unknown>
    const named = (end.line['digests'] ?? {}) as Record<string, unknown>
    for (const section of SECTIONS) {
      if (section === 'end' || (OPTIONAL.includes(section) && lines[section].length === 0)) continue
      hold(counts[section] === lines[section].length && named[section] === digests[section], lines[section][0]?.number ?? end.number)
    }
    hold(end.line['sha256'] === sha256, end.number)
    return 'holds'
  }

  /** The server sealed it. */
  async #seal(): Promise<State> {
    const words: string[] = [hashText('BundleSealV1')]
    for (const section of SECTIONS) {
      if (section === 'end') continue
      if (!OPTIONAL.includes(section)) words.push(this.#bundle.digests[section])
      else if (this.#bundle.lines[section].length > 0) words.push(hashText(section), this.#bundle.digests[section])
    }
    const end = this.#one('end')!
    hold(await this.#signed(this.#header['server_key'], hashWords(words), end.line['signature']), end.number)
    return 'holds'
  }

  async #signed(key: unknown, digest: string, signature: unknown): Promise<boolean> {
    if (!/^0x[0-9a-f]{64}$/.test(text(key)) || !/^0x[0-9a-f]{128}$/.test(text(signature))) return false
    return verifySignature(fromHex(text(key)), fromHex(digest), fromHex(text(signature)))
  }

  get #ruleRecord(): RecordJson {
    return record(this.#one('rule')?.line)
  }

  /** Texts, options, rule and the commitment to the lot are those that the proposal's record binds. */
  #question(): State {
    const { number, line } = this.#one('proposal')!
    const rule = this.#one('rule')!
    const proposal = this.#proposal
    hold(proposal['namespace'] === this.#header['namespace'], number)
    hold(proposal['text'] === hashTexts([text(line['title']), text(line['body'])]), number)
    hold(proposal['options'] === hashTexts(list<string>(line['options'])), number)
    hold(proposal['rule'] === this.#hash('RuleV1', rule.line), rule.number)
    const conditions = list<RecordJson>(rule.line['conditions'])
    const named = list<string>(this.#ruleRecord['conditions'])
    hold(named.length === conditions.length && conditions.every((condition, index) => hashRecord('ConditionV1', condition) === named[index]), rule.number)
    const lot = this.#one('lot')!
    hold(proposal['salt'] === hashWords([hashText('LotCommitmentV1'), lot.line['lot_secret']]), lot.number)
    return 'holds'
  }

  /** The roll has the root, the size and the weight that the proposal's record binds. */
  async #checkRoll(): Promise<State> {
    const leaves: string[] = []
    let weight = 0n
    for (const { number, line } of this.#bundle.lines.roll) {
      const voter = text(line['voter'])
      hold(!this.#roll.has(voter) && /^(0|[1-9]\d*)$/.test(text(line['weight'])), number)
      const keys = list<RollKey>(line['keys'])
      const keyLeaves = keys.map(keyLeaf)
      leaves.push(leafOf([hashText('RollV1'), this.#proposal['proposal'], voter, text(line['weight']), rootOf(keyLeaves)]))
      this.#roll.set(voter, { voter, weight: BigInt(text(line['weight'])), keys })
      weight += BigInt(text(line['weight']))
      await this.#breathe()
    }
    const root = await rootOfMany(leaves, () => this.#breathe())
    hold(root === this.#proposal['roll'] && leaves.length === this.#proposal['roll_count'] && weight.toString() === this.#proposal['roll_weight'])
    return 'holds'
  }

  /** Every ballot answers this very question, is of somebody on the roll, and the last one of each is counted. */
  async #ballots(): Promise<State> {
    const question = this.#hash('ProposalV1', this.#one('proposal')!.line)
    const newest = new Map<string, { revision: number; number: number; counted: boolean }>()
    let sequence = 0
    for (const { number, line } of this.#bundle.lines.ballot) {
      const ballot = record(line)
      const voter = text(ballot['voter'])
      const { namespace, proposal } = this.#proposal
      hold(ballot['namespace'] === namespace && ballot['proposal'] === proposal && ballot['proposal_hash'] === question, number)
      hold(this.#roll.has(voter), number)
      const before = newest.get(voter)
      hold(ballot['revision'] === (before?.revision ?? 0) + 1 && before?.counted !== true, number)
      hold(isPlace(line['sequence']) && line['sequence'] > sequence, number)
      sequence = line['sequence'] as number
      const reason = line['reason'] === null ? `0x${'0'.repeat(64)}` : hashText(text(line['reason']))
      hold(ballot['reason'] === reason, number)
      this.#hash('BallotV1', line)
      newest.set(voter, { revision: ballot['revision'] as number, number, counted: line['counted'] === true })
      await this.#breathe()
    }
    for (const last of newest.values()) hold(last.counted, last.number)
    return 'holds'
  }

  /** The separator of the domain in which ballots are signed. */
  get #domain(): string {
    const { name, version, chain_id, verifying_contract } = (this.#header['domain'] ?? {}) as Line
    const salt = text(this.#header['namespace'])
    hold(typeof name === 'string' && typeof version === 'string' && /^0x[0-9a-f]{64}$/.test(salt), 1)
    const isChain = isPlace(chain_id) && /^0x[0-9a-f]{40}$/.test(text(verifying_contract))
    hold(isChain || (chain_id == null && verifying_contract == null), 1)
    const chain = isChain ? { chain_id, verifying_contract: text(verifying_contract) } : {}
    return (this.#separator ??= domainSeparator({ name: text(name), version: text(version), salt, ...chain }))
  }

  /** Each ballot is signed by a key that the roll holds for its voter, or attested by the server. */
  async #signatures(): Promise<State> {
    const recover = this.#bundle.lines.ballot.some(({ line }) => line['kind'] === 'wallet') ? (await import('ethers')).recoverAddress : null
    for (const { number, line } of this.#bundle.lines.ballot) {
      const key = text(line['public_key'])
      const digest = digestOf(this.#domain, this.#hash('BallotV1', line))
      if (line['kind'] === 'session') {
        hold(key === this.#header['server_key'] && (await this.#signed(key, digest, line['signature'])), number)
      } else {
        const keys = this.#roll.get(text(record(line)['voter']))?.keys ?? []
        hold(keys.some((each) => each.kind === line['kind'] && each.public_key === key), number)
        hold(await this.#signedBy(text(line['kind']), key, digest, text(line['signature']), recover), number)
      }
      await this.#breathe()
    }
    return 'holds'
  }

  async #signedBy(kind: string, key: string, digest: string, signature: string, recover: Recover | null): Promise<boolean> {
    if (kind === 'ed25519') return this.#signed(key, digest, signature)
    return kind === 'passkey' ? verifyAssertion(key, digest, signature) : recovers(recover, digest, signature, key)
  }

  /** The tally is of this question and roll, and of these ballots. */
  async #checkTally(): Promise<State> {
    const { number, line } = this.#one('tally')!
    const [tally, proposal] = [this.#tally, this.#proposal]
    hold(tally['namespace'] === proposal['namespace'] && tally['proposal'] === proposal['proposal'] && tally['roll'] === proposal['roll'], number)
    hold(tally['proposal_hash'] === this.#hash('ProposalV1', this.#one('proposal')!.line), number)
    const ballots = this.#bundle.lines.ballot
    const counted = ballots.filter((ballot) => ballot.line['counted'] === true)
    const signed = counted.filter((ballot) => ballot.line['kind'] !== 'session').length
    hold(tally['ballot_count'] === counted.length && line['signed_ballots'] === signed && line['attested_ballots'] === counted.length - signed, number)
    hold(tally['log_from'] === (ballots[0]?.line['sequence'] ?? 0) && tally['log_to'] === (ballots.at(-1)?.line['sequence'] ?? 0), number)
    hold(['', 'passed', 'rejected', 'no_quorum', 'tied'][Number(tally['outcome'])] === line['outcome'], number)
    // Whose weight a ballot carries by delegation is followed by the auditor's program.
    if (this.#hasProxies) return 'elsewhere'
    const leaf = ({ line: ballot }: { line: Line }) => {
      const voter = text(record(ballot)['voter'])
      return leafOf([hashText('BallotLeafV1'), proposal['proposal'], voter, this.#hash('BallotV1', ballot), this.#roll.get(voter)?.weight.toString() ?? ''])
    }
    const leaves: string[] = []
    for (const ballot of counted) {
      leaves.push(leaf(ballot))
      await this.#breathe()
    }
    const weight = counted.reduce((sum, ballot) => sum + (this.#roll.get(text(record(ballot.line)['voter']))?.weight ?? 0n), 0n)
    const root = await rootOfMany(leaves, () => this.#breathe())
    hold(tally['ballots'] === root && tally['weight'] === weight.toString() && /^0x0{64}$/.test(text(tally['delegations'])), number)
    return 'holds'
  }

  #sums(): bigint[] {
    const choices = this.#bundle.lines.ballot
      .filter(({ line }) => line['counted'] === true)
      .map(({ line }): CountedChoice => {
        const ballot = record(line)
        return { options: list<number>(ballot['options']), points: list<number>(ballot['points']), weight: this.#roll.get(text(ballot['voter']))?.weight ?? 0n }
      })
    return totals(this.#ruleRecord, list(this.#one('proposal')?.line['options']).length, choices)
  }

  /** The sums are those of the ballots, and the outcome follows from them. */
  #recount(): State {
    const rule = this.#ruleRecord
    if (this.#hasProxies || !isSum(rule)) return 'elsewhere'
    const { number, line } = this.#one('tally')!
    const sums = this.#sums()
    const scale = BigInt(text(String(this.#tally['scale'] ?? 1)))
    const says = list<string>(this.#tally['counts'])
    hold(says.length === sums.length && sums.every((sum, index) => (sum * scale).toString() === says[index]), number)
    if (rule['method'] === 'yes_no') {
      const roll = BigInt(text(this.#proposal['roll_weight']))
      const wanted = outcome(rule, list<RecordJson>(this.#one('rule')!.line['conditions']), sums, roll)
      hold(this.#tally['outcome'] === wanted, number)
    } else if (!isMotion(rule)) {
      const count = (line['count'] ?? {}) as Line
      hold(areHighest(sums, list<number>(count['elected']), Number(rule['seats'])), number)
    }
    return 'holds'
  }

  /** Every record stands in the log at its place, in the right order, under a checkpoint that the log's key signed. */
  async #log(): Promise<State> {
    const log = this.#header['log'] as Line | null | undefined
    const note = this.#one('checkpoint')
    if (log == null || note === undefined) return 'absent'
    const key = await readNoteKey(text(log['key']))
    const ending = `/${text(this.#header['namespace']).slice(2)}`
    hold(key !== null && key.name === log['origin'] && key.name.endsWith(ending), 1)
    const opened = await openNote(text(note.line['note']), key!)
    const checkpoint = opened === null ? null : readCheckpoint(opened, key!.name)
    hold(checkpoint !== null, note.number)
    const claims: Claim[] = []
    const claim = async (type: RecordType, { number, line }: { number: number; line: Line }) => {
      hold(isPlace(line['log_index']), number)
      const entry = entryOf(fromHex(typeHashOf(type)), fromHex(this.#hash(type, line)))
      claims.push({ index: line['log_index'] as number, leaf: await leafHash(entry) })
      await this.#breathe()
    }
    const { lines } = this.#bundle
    await claim('ProposalV1', this.#one('proposal')!)
    for (const event of lines.event) {
      this.#event(event)
      await claim('EventV1', event)
    }
    for (const ballot of lines.ballot) await claim('BallotV1', ballot)
    for (const delegation of lines.delegation) await claim('DelegationV1', delegation)
    for (const proxy of lines.proxy) await claim('ProxyBallotV1', proxy)
    await claim('TallyV1', this.#one('tally')!)
    this.#order()
    claims.sort((one, other) => one.index - other.index)
    const cover = lines.cover.flatMap(({ line }) => list<string>(line['hashes']))
    hold(cover.every((hash) => /^0x[0-9a-f]{64}$/.test(hash)))
    const root = await coveredRoot(checkpoint!.size, claims, cover)
    hold(root !== null && toHex(root) === toHex(checkpoint!.root))
    return 'holds'
  }

  /** An event is of this proposal, and its facts are those that its record commits to. */
  #event({ number, line }: { number: number; line: Line }): void {
    const event = record(line)
    hold(event['namespace'] === this.#proposal['namespace'] && event['subject'] === this.#proposal['proposal'], number)
    hold(event['payload'] === hashWords(list<string>(line['facts'])), number)
  }

  /** The question was fixed before anybody voted, voting closed after the last ballot, and the tally came after that. */
  #order(): void {
    const [OPENED, CLOSED, PUBLISHED] = [33, 34, 37]
    const of = (kind: number) => {
      const found = this.#bundle.lines.event.filter(({ line }) => record(line)['kind'] === kind)
      hold(found.length === 1, found[1]?.number ?? null)
      return { facts: list<string>(found[0]!.line['facts']), place: found[0]!.line['log_index'] as number, number: found[0]!.number }
    }
    const [opened, closed, published] = [of(OPENED), of(CLOSED), of(PUBLISHED)]
    hold(opened.facts[1] === this.#hash('ProposalV1', this.#one('proposal')!.line), opened.number)
    hold(published.facts[1] === this.#hash('TallyV1', this.#one('tally')!.line), published.number)
    const [question, tally] = [this.#one('proposal')!.line['log_index'] as number, this.#one('tally')!.line['log_index'] as number]
    hold(question < closed.place && closed.place < tally && opened.place < closed.place && closed.place < published.place)
    const newest = new Map<string, number>()
    for (const { number, line } of this.#bundle.lines.ballot) {
      const place = line['log_index'] as number
      const voter = text(record(line)['voter'])
      hold(question < place && place < closed.place && (newest.get(voter) ?? -1) < place, number)
      newest.set(voter, place)
    }
  }

  /** The anchors' links are hashed as the contract hashes them, and their roots hold the records. Whether a chain holds them, it would have to be asked. */
  #anchors(): State {
    const anchors = this.#bundle.lines.anchor
    if (anchors.length === 0) return 'absent'
    const domain = this.#header['domain'] as Line
    const records: Record<string, string> = { ProposalV1: this.#hash('ProposalV1', this.#one('proposal')!.line), TallyV1: this.#hash('TallyV1', this.#one('tally')!.line) }
    const proved = new Set<string>()
    for (const { number, line } of anchors) {
      const { chain_id, contract, seq, size, root, prev, link } = line
      hold(chain_id === domain['chain_id'] && contract === domain['verifying_contract'], number)
      hold(link === hashWords([hashText('RochdaleAnchor.Link.V1'), chain_id, `0x${'0'.repeat(24)}${text(contract).slice(2)}`, this.#header['namespace'], seq, size, root, prev]), number)
      for (const proof of list<{ tag: string; subject: string; record_hash: string; siblings: string[] }>(line['proofs'])) {
        hold(holdsLeaf(text(root), leafOf([hashText(proof.tag), proof.subject, proof.record_hash]), proof.siblings), number)
        hold(proof.subject === this.#proposal['proposal'] && records[proof.tag] === proof.record_hash, number)
        proved.add(proof.tag)
      }
    }
    return proved.has('ProposalV1') && proved.has('TallyV1') ? 'holds' : 'absent'
  }
}

type Recover = (digest: string, signature: string) => string
/** Whether a wallet's signature is by an address. ethers refuses other spellings of a signature. */
function recovers(recover: Recover | null, digest: string, signature: string, address: string): boolean {
  if (!/^0x[0-9a-f]{128}(1b|1c)$/.test(signature)) return false
  try {
    return recover?.(digest, signature).toLowerCase() === address
  } catch {
    return false
  }
}
