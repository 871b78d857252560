/** For tests: a valid PDF with one line of text on each page. */
export function minimalPdf(pages: readonly string[]): Buffer {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((page, index) => {
      const content = `BT /F1 18 Tf 40 100 Td (${page}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(`${file}${table}${trailer}`);
}

/** For tests: "Behind the door", encrypted with AES-256 (by pypdf); its password is `sesame`. */
export const PROTECTED_PDF = Buffer.from(
  [
    'JVBERi0xLjMKJeLjz9MKMSAwIG9iago8PAovVHlwZSAvQ2F0YWxvZwovUGFnZXMgMiAwIFIKPj4KZW5kb2JqCjIgMCBvYmoKPDwKL1R5cGUgL1Bh',
    'Z2VzCi9LaWRzIFsgMyAwIFIgXQovQ291bnQgMQo+PgplbmRvYmoKMyAwIG9iago8PAovVHlwZSAvUGFnZQovUGFyZW50IDIgMCBSCi9NZWRpYUJv',
    'eCBbIDAgMCA0MDAgMjAwIF0KL1Jlc291cmNlcyA8PAovRm9udCA8PAovRjEgNCAwIFIKPj4KPj4KL0NvbnRlbnRzIDUgMCBSCj4+CmVuZG9iago0',
    'IDAgb2JqCjw8Ci9UeXBlIC9Gb250Ci9TdWJ0eXBlIC9UeXBlMQovQmFzZUZvbnQgL0hlbHZldGljYQo+PgplbmRvYmoKNSAwIG9iago8PAovTGVu',
    'Z3RoIDY0Cj4+CnN0cmVhbQpF3jZY24C7CIYJjMpw3SHWFm3X+/mXFRXwH6/Q+JK7oY9qiOE3EY4D6T104+n4sSnRGuailZMyPRWNdPz3eC1XCmVu',
    'ZHN0cmVhbQplbmRvYmoKNiAwIG9iago8PAovViA1Ci9SIDYKL0xlbmd0aCAyNTYKL1AgNDI5NDk2NzI5MgovRmlsdGVyIC9TdGFuZGFyZAovTyA8',
    'NjFhY2ZhYjdjZWViZjk3MzRiYzNiN2Y4Y2I4YWE4OTNkZDY4ZDFiMGZlNzZmNDZlNDBlMGI2MWQ0MmYwOTczNDlkYTkwOGM0NjZiMDdmNzllMWNm',
    'MzhiNzYxODNmZDAyPgovVSA8MjBhNDUyNzIxODQ4MjZkZWYxYjIxZDgzZWI5NjVhMTVjMWQyMjdhMDVmNTkzOTlmOGJkY2ViMWI5ZWIxMmZjNmI5',
    'OTRmYjc4MzZhN2ZhZGE2ODAyNzIyNTBjOGI3YTQ2PgovQ0YgPDwKL1N0ZENGIDw8Ci9BdXRoRXZlbnQgL0RvY09wZW4KL0NGTSAvQUVTVjMKL0xl',
    'bmd0aCAzMgo+Pgo+PgovU3RtRiAvU3RkQ0YKL1N0ckYgL1N0ZENGCi9PRSA8NmNkNDA1ZTdlYjU3OTY5Mzk4OTdlNTkyZjNiNzY2YzI2ZTdmOTNi',
    'YjlkYTg1ODIzOTFlNGE3YzUxMTRhNjViNz4KL1VFIDwyNGEzYWJlOWM5ZWYyZjEwNDM4MjRhN2MyMzU1ZTdiZjZlOWNlZmFmYTBjNGJmZTczMWRh',
    'NzRlZDBkNDkwN2VkPgovUGVybXMgPDliY2YwNWY0ZjhmYmFiNGMyMzY0YTlhOTk3ODRmMTc1Pgo+PgplbmRvYmoKeHJlZgowIDcKMDAwMDAwMDAw',
    'MCA2NTUzNSBmIAowMDAwMDAwMDE1IDAwMDAwIG4gCjAwMDAwMDAwNjQgMDAwMDAgbiAKMDAwMDAwMDEyMyAwMDAwMCBuIAowMDAwMDAwMjUxIDAw',
    'MDAwIG4gCjAwMDAwMDAzMjEgMDAwMDAgbiAKMDAwMDAwMDQzNSAwMDAwMCBuIAp0cmFpbGVyCjw8Ci9TaXplIDcKL1Jvb3QgMSAwIFIKL0lEIFsg',
    'PGYzZDk3MDVlOTk3YzA2MTRjN2I1MzI0NGJiNjM0NmM5PiA8ZjNkOTcwNWU5OTdjMDYxNGM3YjUzMjQ0YmI2MzQ2Yzk+IF0KL0VuY3J5cHQgNiAw',
    'IFIKPj4Kc3RhcnR4cmVmCjk5MAolJUVPRgo=',
  ].join(''),
  'base64',
);
