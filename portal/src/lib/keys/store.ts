/**
 * Where this browser keeps its voting keys: IndexedDB, as key objects that cannot be read out, only used. One key per
 * membership, so that a shared computer does not join two people's votes to one key.
 */
export interface StoredKey {
  member: string
  coop: string
  publicKey: string
  privateKey: CryptoKey
  createdAt: string
}

const DATABASE = 'rochdale'
const STORE = 'voting-keys'

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'member' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the browser refused its storage'))
  })
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORE, mode)
      const request = act(transaction.objectStore(STORE))
      // The value counts only once the transaction is complete.
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('the browser refused its storage'))
    })
  } finally {
    database.close()
  }
}

export const readKey = (member: string) => run<StoredKey | undefined>('readonly', (store) => store.get(member))
export const writeKey = (key: StoredKey) => run<IDBValidKey>('readwrite', (store) => store.put(key))
export const deleteKey = (member: string) => run<undefined>('readwrite', (store) => store.delete(member))
