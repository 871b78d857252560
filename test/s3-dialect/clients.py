"""boto3, unmodified, against one endpoint: prints one line for each step, with the status and the code of S3.

Usage: clients.py ENDPOINT ACCESS_KEY SECRET_KEY BUCKET
"""

import hashlib
import io
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

endpoint, access_key, secret_key, bucket = sys.argv[1:5]
MIB = 1024 * 1024
KEYS = ["plain.txt", "a b.txt", "a+b.txt", "ünïcode/✓.txt", "q?&=#%.txt", "dir/x", "dir/y", "dir/sub/z", "(1)'!*~.txt"]


def client(**options):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=options.pop("secret", secret_key),
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}, **options),
    )


s3 = client()


def step(name, call):
    try:
        result = call()
    except ClientError as error:
        meta = error.response["ResponseMetadata"]["HTTPStatusCode"]
        result = f"{meta} {error.response['Error']['Code']}"
    print(f"{name}: {result}")


def put(key, body, **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **more)["ETag"]


def get(key, **more):
    answer = s3.get_object(Bucket=bucket, Key=key, **more)
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read()


def keys(**more):
    answer = s3.list_objects_v2(Bucket=bucket, **more)
    return [c["Key"] for c in answer.get("Contents", [])], [p["Prefix"] for p in answer.get("CommonPrefixes", [])]


def pages(operation, **more):
    found = []
    for page in s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}, **more):
        found += [c["Key"] for c in page.get("Contents", [])] + [p["Prefix"] for p in page.get("CommonPrefixes", [])]
    return sorted(found)


def fetch(url, method="GET", data=None, headers={}):
    request = urllib.request.Request(url, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, hashlib.md5(answer.read()).hexdigest()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        return error.code, text.split("<Code>")[1].split("</Code>")[0] if "<Code>" in text else text


def presigned(operation, **more):
    expires = more.pop("ExpiresIn", 60)
    return s3.generate_presigned_url(operation, Params={"Bucket": bucket, **more}, ExpiresIn=expires)


step("create", lambda: s3.create_bucket(Bucket=bucket) and "ok")
step("create again", lambda: s3.create_bucket(Bucket=bucket) and "ok")
step("head bucket", lambda: s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"])
step("head missing bucket", lambda: s3.head_bucket(Bucket=bucket + "-missing"))
step("location", lambda: s3.get_bucket_location(Bucket=bucket)["LocationConstraint"])
step("buckets", lambda: bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]])
for key in KEYS:
    step(f"put {key}", lambda: put(key, key.encode()))
    step(f"get {key}", lambda: get(key)[1] == key.encode())
for key in ["a//b", "../up", "a/../b", "a/./b", "/lead", "x" * 1025]:
    step(f"odd key {key[:10]}", lambda: put(key, b"odd"))
step("put with metadata", lambda: put("meta", b"m", Metadata={"colour": "red", "a-b": "c"}, ContentType="text/x-y", CacheControl="max-age=5", ContentDisposition="attachment"))
step("head", lambda: {k: s3.head_object(Bucket=bucket, Key="meta")[k] for k in ("ContentLength", "ContentType", "Metadata", "CacheControl", "ContentDisposition", "ETag")})
step("head missing", lambda: s3.head_object(Bucket=bucket, Key="missing"))
step("get missing", lambda: get("missing"))
step("get of a missing bucket", lambda: s3.get_object(Bucket=bucket + "-missing", Key="k"))
step("put to a missing bucket", lambda: s3.put_object(Bucket=bucket + "-missing", Key="k", Body=b"x"))
step("empty", lambda: (put("empty", b""), get("empty")))
step("range", lambda: get("plain.txt", Range="bytes=1-3"))
step("suffix", lambda: get("plain.txt", Range="bytes=-3"))
step("range beyond", lambda: get("plain.txt", Range="bytes=100-"))
etag = s3.head_object(Bucket=bucket, Key="plain.txt")["ETag"]
step("if-match", lambda: get("plain.txt", IfMatch=etag)[0])
step("if-match other", lambda: get("plain.txt", IfMatch='"00"'))
step("if-none-match", lambda: get("plain.txt", IfNoneMatch=etag))
step("overrides", lambda: s3.get_object(Bucket=bucket, Key="meta", ResponseContentType="a/b", ResponseCacheControl="no-store")["ContentType"])
step("create only", lambda: put("plain.txt", b"x", IfNoneMatch="*"))
step("create only new", lambda: put("only", b"x", IfNoneMatch="*"))
step("replace if other", lambda: put("plain.txt", b"x", IfMatch='"00"'))
step("replace if same", lambda: put("plain.txt", b"plain.txt", IfMatch=etag))
step("replace if missing", lambda: put("missing", b"x", IfMatch=etag))
step("wrong md5", lambda: put("bad", b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA=="))
step("invalid md5", lambda: put("bad", b"x", ContentMD5="AAAA"))
for algorithm in ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"]:
    if algorithm in ("CRC32C", "CRC64NVME"):
        continue
    step(f"checksum {algorithm}", lambda: put("checked", b"checked", ChecksumAlgorithm=algorithm))
step("crc32c", lambda: put("checked", b"123456789", ChecksumCRC32C="4waSgw=="))
step("wrong crc32c", lambda: put("checked", b"123456780", ChecksumCRC32C="4waSgw=="))
step("crc64nvme", lambda: put("checked", b"123456789", ChecksumCRC64NVME="rosUhgp5mIg="))
step("wrong sha256", lambda: put("bad", b"x", ChecksumSHA256="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))
step("bad was not stored", lambda: s3.head_object(Bucket=bucket, Key="bad"))
step("list", lambda: keys())
step("list by prefix", lambda: keys(Prefix="dir/"))
step("list by delimiter", lambda: keys(Delimiter="/"))
step("list below", lambda: keys(Delimiter="/", Prefix="dir/"))
step("list by another delimiter", lambda: keys(Delimiter="b."))
step("list after", lambda: keys(StartAfter="dir/x"))
step("list after with a delimiter", lambda: keys(StartAfter="dir/x", Delimiter="/"))
step("list after a prefix", lambda: keys(StartAfter="dir/", Delimiter="/"))
step("list none", lambda: keys(MaxKeys=0))
step("pages", lambda: pages("list_objects_v2") == sorted(keys()[0]))
step("pages of version 1", lambda: pages("list_objects") == sorted(keys()[0]))
step("pages with a delimiter", lambda: pages("list_objects_v2", Delimiter="/"))
step("pages of version 1 with a delimiter", lambda: pages("list_objects", Delimiter="/"))
step("wrong token", lambda: keys(ContinuationToken="%%%"))
step("copy", lambda: s3.copy_object(Bucket=bucket, Key="copy ü", CopySource={"Bucket": bucket, "Key": "a b.txt"})["CopyObjectResult"]["ETag"])
step("copied", lambda: get("copy ü")[1])
step("copy onto itself", lambda: s3.copy_object(Bucket=bucket, Key="meta", CopySource={"Bucket": bucket, "Key": "meta"}))
step("copy with other metadata", lambda: s3.copy_object(Bucket=bucket, Key="meta", CopySource={"Bucket": bucket, "Key": "meta"}, MetadataDirective="REPLACE", Metadata={"new": "1"}) and s3.head_object(Bucket=bucket, Key="meta")["Metadata"])
step("copy of what is missing", lambda: s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "missing"}))
big = bytes(range(256)) * (12 * MIB // 256)
config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=3)
step("upload in parts", lambda: s3.upload_fileobj(io.BytesIO(big), bucket, "big", Config=config))
step("its tag", lambda: s3.head_object(Bucket=bucket, Key="big")["ETag"])
out = io.BytesIO()
step("download in ranges", lambda: s3.download_fileobj(bucket, "big", out, Config=config) or out.getvalue() == big)
step("copy in parts", lambda: s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "big2", Config=config) or get("big2")[1] == big)
upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
part = lambda n, body: s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=n, Body=body)["ETag"]
complete = lambda *parts: s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": n, "ETag": tag} for n, tag in parts]})["ETag"]
step("complete without parts", lambda: complete((1, '"00"')))
one, two = part(1, b"1" * 5 * MIB), part(2, b"2")
step("list parts", lambda: [(p["PartNumber"], p["Size"], p["ETag"]) for p in s3.list_parts(Bucket=bucket, Key="parts", UploadId=upload)["Parts"]])
step("list uploads", lambda: [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])])
step("wrong order", lambda: complete((2, two), (1, one)))
step("wrong tag", lambda: complete((1, two), (2, one)))
step("too small", lambda: complete((1, one), (2, two), (3, part(3, b"3"))))
step("part number", lambda: part(10001, b"x"))
step("complete", lambda: complete((1, one), (2, two)))
step("part of what is completed", lambda: part(1, b"x"))
step("abort", lambda: s3.abort_multipart_upload(Bucket=bucket, Key="x", UploadId=s3.create_multipart_upload(Bucket=bucket, Key="x")["UploadId"])["ResponseMetadata"]["HTTPStatusCode"])
step("abort what is unknown", lambda: s3.abort_multipart_upload(Bucket=bucket, Key="x", UploadId="unknown"))
step("presigned get", lambda: fetch(presigned("get_object", Key="a+b.txt")))
step("presigned put", lambda: fetch(presigned("put_object", Key="signed ü"), "PUT", b"signed"))
step("presigned get of what was put", lambda: fetch(presigned("get_object", Key="signed ü", ResponseContentType="text/html")))
step("presigned altered", lambda: fetch(presigned("get_object", Key="plain.txt").replace("plain.txt", "meta")))
step("presigned with another method", lambda: fetch(presigned("get_object", Key="plain.txt"), "PUT", b"x"))
step("presigned with another header", lambda: fetch(presigned("get_object", Key="plain.txt"), headers={"x-amz-acl": "private"}))
step("presigned too long", lambda: fetch(presigned("get_object", Key="plain.txt").replace("X-Amz-Expires=60", "X-Amz-Expires=700000")))
step("wrong secret", lambda: client(secret="wrong").list_buckets())
step("unknown access key", lambda: boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="0123456789abcdef", aws_secret_access_key="x", region_name="us-east-1").list_buckets())
step("delete", lambda: s3.delete_object(Bucket=bucket, Key="only")["ResponseMetadata"]["HTTPStatusCode"])
step("delete what is missing", lambda: s3.delete_object(Bucket=bucket, Key="only")["ResponseMetadata"]["HTTPStatusCode"])
for aspect in ["acl", "policy", "cors", "lifecycle", "tagging", "versioning", "encryption", "website", "replication", "location"]:
    names = {"cors": "get_bucket_cors", "lifecycle": "get_bucket_lifecycle_configuration"}
    step(f"bucket {aspect}", lambda: getattr(s3, names.get(aspect, f"get_bucket_{aspect}"))(Bucket=bucket) and "ok")
step("object acl", lambda: len(s3.get_object_acl(Bucket=bucket, Key="meta")["Grants"]))
step("object tags", lambda: s3.get_object_tagging(Bucket=bucket, Key="meta")["TagSet"])
step("attributes", lambda: s3.get_object_attributes(Bucket=bucket, Key="meta", ObjectAttributes=["ETag", "ObjectSize"])["ObjectSize"])
step("delete bucket with objects", lambda: s3.delete_bucket(Bucket=bucket))
left = keys()[0]
step("delete many", lambda: sorted(d["Key"] for d in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in left + ["missing", "<&>\"' x"]]})["Deleted"]) == sorted(left + ["missing", "<&>\"' x"]))
step("all deleted", lambda: keys())
step("delete bucket", lambda: s3.delete_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"])
