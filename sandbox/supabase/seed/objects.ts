// The stored files of fieldservice: three buckets, nested folders, and one folder that takes more than a page to list.
import type { NewObject, Objects } from '../storage/objects.ts';

const BUCKETS = [
  { id: 'uploads', public: false, file_size_limit: 20_000_000, allowed_mime_types: null },
  { id: 'invoices', public: false, file_size_limit: 5_000_000, allowed_mime_types: ['application/pdf'] },
  { id: 'maintenance', public: true, file_size_limit: null, allowed_mime_types: ['image/jpeg', 'image/png'] },
] as const;

/** More than 1,000, the most that a client asks for at once. */
const IN_THE_LARGE_FOLDER = 1_040;

export async function makeBuckets(objects: Objects): Promise<void> {
  for (const bucket of BUCKETS) {
    const mimes = bucket.allowed_mime_types === null ? null : [...bucket.allowed_mime_types];
    await objects.createBucket({ ...bucket, name: bucket.id, allowed_mime_types: mimes });
  }
}

/** 1,098 objects with names that are told apart only by those who read them exactly. */
export async function makeObjects(objects: Objects): Promise<void> {
  await objects.put('uploads', [
    ...many(IN_THE_LARGE_FOLDER, (n) => `imports/2025/row-${String(n).padStart(5, '0')}.json`, 'application/json'),
    ...many(12, (n) => `customers/${n % 4}/contract ${n}.txt`, 'text/plain'),
    ...many(4, (n) => `readme-${n}.txt`, 'text/plain'),
    ...many(2, (n) => `customers/0/Ünterlagen & Fotos/plan #${n} (100%).txt`, 'text/plain'),
  ]);
  await objects.put(
    'invoices',
    many(24, (n) => `2025/${String(1 + (n % 12)).padStart(2, '0')}/${n}.pdf`, 'application/pdf'),
  );
  await objects.put(
    'maintenance',
    many(16, (n) => `jobs/${n}/before/photo.jpg`, 'image/jpeg'),
  );
}

function many(count: number, keyOf: (n: number) => string, type: string): NewObject[] {
  return Array.from({ length: count }, (_, n) => ({
    key: keyOf(n),
    bytes: Buffer.from(`${keyOf(n)}\n`.repeat(1 + (n % 7))),
    type,
    at: new Date(Date.UTC(2025, 8, 1 + (n % 28), 9, n % 60)),
  }));
}
