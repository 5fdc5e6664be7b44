/** The page about a transaction, where the operator named an explorer of the chain; nothing is fetched from there. */
export function transactionPage(explorer: string | null | undefined, hash: string): string | null {
  if (explorer == null || !/^https?:\/\//.test(explorer) || !/^0x[0-9a-f]{64}$/.test(hash)) return null
  return explorer.replace('{tx}', hash)
}
