"""An S3 server on loopback (moto's) that checks who signed each request: one user may read, and one is the test's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

BUCKET, OTHER_BUCKET = "recordings", "others"
_ANYBODY = {"key": "anybody", "secret": "anything"}


@contextmanager
def over_s3(port: int) -> Iterator[None]:
    """Serve S3 on that port. What is stored outlives the server, until `begin_anew`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        yield
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket as the test fills it, and the key and secret of who may read it."""

    client: Any
    reader: Mapping[str, str]

    def put(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=path, Body=content)

    def remove(self, path: str) -> None:
        self.client.delete_object(Bucket=BUCKET, Key=path)


def begin_anew(url: str) -> Bucket:
    """Forget all that was stored, and who was known."""
    _post(f"{url}/moto-api/reset", "")
    _post(f"{url}/moto-api/reset-auth", "1000000")  # so many requests of anybody are taken: the next few
    reader, writer = _user(url, "reader", "s3:GetObject", "s3:ListBucket"), _user(url, "writer", "s3:*")
    client = _client(url, "s3", writer)
    for bucket in (BUCKET, OTHER_BUCKET):
        client.create_bucket(Bucket=bucket)
    _post(f"{url}/moto-api/reset-auth", "0")
    return Bucket(client, reader)


def _user(url: str, name: str, *may: str) -> Mapping[str, str]:
    iam = _client(url, "iam", _ANYBODY)
    iam.create_user(UserName=name)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": may, "Resource": "*"}]}
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}


def _client(url: str, of: str, who: Mapping[str, str]) -> Any:
    return boto3.client(of, endpoint_url=url, region_name="us-east-1", aws_access_key_id=who["key"],
                        aws_secret_access_key=who["secret"])


def _post(url: str, body: str) -> None:
    with urlopen(Request(url, body.encode(), {"Content-Type": "text/plain"}, method="POST")) as answer:
        assert answer.status == 200
