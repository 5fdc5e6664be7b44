/**
 * The record types that a browser hashes or checks, as published: EIP-712 type strings, one per record. The order of the
 * fields is part of the hash. They are written down once more here, from governance/src/record/types.rs, so that a difference
 * between the two programs shows in the shared vectors.
 */
export const TYPE_STRINGS = {
  ProposalV1:
    'ProposalV1(bytes32 ns,bytes32 proposal,bytes32 text,bytes32 options,bytes32 actions,bytes32 rule,bytes32 roll,uint32 rollCount,uint128 rollWeight,uint64 opensAt,uint64 closesAt,uint8 secrecy,bytes32 salt)',
  BallotV1:
    'BallotV1(bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 voter,uint64 revision,uint16[] options,uint32[] points,bytes32 reason,bytes32 salt)',
  TallyV1:
    'TallyV1(bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 roll,bytes32 ballots,uint32 ballotCount,uint128 weight,uint128[] counts,uint8 outcome,uint64 logFrom,uint64 logTo,bytes32 delegations,bytes32 certificate,uint64 scale,bytes32 salt)',
  RuleV1:
    'RuleV1(bytes32 ns,string method,uint16 seats,uint8 tie,uint64[] parameters,uint8 quorumCounts,uint8 quorumBase,uint64 quorumShare,uint64 quorumWhole,uint8 majorityBase,uint64 majorityShare,uint64 majorityWhole,bool majorityStrict,uint64 majorityMin,bytes32[] conditions,bool ballotsFinal,bool early,uint64 lateQuorumSeconds,uint64 noticeSeconds,uint64 carriedMax,bytes32 salt)',
  ConditionV1: 'ConditionV1(uint8 answer,uint8 bound,uint8 base,uint64 share,uint64 whole)',
  KindV1:
    'KindV1(string kind,bytes32 rule,uint64 discussionSeconds,uint64 votingSecondsMin,uint64 votingSecondsMax,bool closeWhenAllVoted,uint16 sponsors,uint64 objectionSeconds,uint16 objectors,uint64 timelockSeconds,uint64 executionSeconds)',
  ActionV1: 'ActionV1(bytes32 ns,uint16 option,string action,uint16 version,bytes32 subject,bytes32[] facts)',
  BylawsV1: 'BylawsV1(bytes32 ns,uint64 version,bytes32[] kinds,uint8 admission,uint64 adoptedAt,bytes32 salt)',
  KeyRegistrationV1: 'KeyRegistrationV1(bytes32 ns,bytes32 member,uint8 kind,bytes32 publicKey,bytes32 salt)',
  ReceiptV1: 'ReceiptV1(bytes32 ns,bytes32 subject,bytes32 recordHash,uint64 sequence,uint64 at,bytes32 salt)',
  DelegationV1:
    'DelegationV1(bytes32 ns,bytes32 truster,bytes32 trustee,uint8 scopeKind,bytes32 scope,uint64 validUntil,uint64 revision,bytes32 salt)',
  ProxyBallotV1:
    'ProxyBallotV1(bytes32 ns,bytes32 proposal,bytes32 proposalHash,bytes32 holder,bytes32 member,uint64 revision,uint16[] options,uint32[] points,bytes32 salt)',
  StatementLineV1: 'StatementLineV1(string step,uint64 shared,uint64 weight,uint64 amount)',
  StatementV1:
    'StatementV1(bytes32 ns,bytes32 cycle,bytes32 member,bytes32[] lines,int64 before,uint64 accrued,uint64 withheld,uint64 paid,uint64 dormant,int64 carried,bool held,bytes32 salt)',
  PayoutV1:
    'PayoutV1(bytes32 ns,bytes32 cycle,string period,string currency,bytes32 ruleset,bytes32 digest,bytes32 payoutDigest,bytes32 statements,uint64 members,uint128 total,bytes32 salt)',
  ClaimRootV1:
    'ClaimRootV1(bytes32 ns,bytes32 file,uint64 chainId,bytes32 distributor,bytes32 token,uint64 epoch,bytes32 root,uint128 total,bytes32 content,bytes32 statements,bytes32 salt)',
  ContributionsV1:
    'ContributionsV1(bytes32 ns,bytes32 snapshot,bytes32 member,string metric,int64 firstDay,int64 lastDay,bytes32 digest,uint64 challengeUntil,bytes32 salt)',
  EventV1: 'EventV1(bytes32 ns,uint16 kind,bytes32 subject,bytes32 payload,uint64 at,bytes32 salt)',
} as const

export type RecordType = keyof typeof TYPE_STRINGS

/** A field of a record: 0x-hexadecimal for bytes, whole numbers as number, bigint or decimal text. */
export type FieldValue = string | number | bigint | boolean | readonly (string | number | bigint)[]
export type RecordValue = Record<string, FieldValue>

/** The fields of a type string, as EIP-712 libraries and wallets want them. */
export function fieldsOf(type: RecordType): { name: string; type: string }[] {
  const text = TYPE_STRINGS[type]
  const inner = text.slice(text.indexOf('(') + 1, -1)
  return inner.split(',').map((field) => {
    const [kind = '', name = ''] = field.split(' ')
    return { name, type: kind }
  })
}
