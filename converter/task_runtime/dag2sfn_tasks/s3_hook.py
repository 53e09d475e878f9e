"""S3Hook: what DAG files do with it, through boto3. Where it differs from Airflow's, it raises."""

import fnmatch
import gzip as gz
import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from .aws_hooks import AwsBaseHook
from .exceptions import AirflowException, AirflowNotFoundException

#: A canned ACL that means: none is sent.
NO_ACL = "no-acl"
_MOST_KEYS_TO_DELETE = 1000


class S3Hook(AwsBaseHook):
    """Objects and buckets. A key may be an ``s3://`` URL where no bucket is given, as in Airflow."""

    service = "s3"

    def __init__(
        self,
        aws_conn_id: Any = AwsBaseHook.default_conn_name,
        transfer_config_args: dict[str, Any] | None = None,
        extra_args: dict[str, Any] | None = None,
        **others: Any,
    ) -> None:
        super().__init__(aws_conn_id, **others)
        self._requester = {"RequestPayer": "requester"} if others.get("requester_pays") else {}
        self._extra_args = extra_args or {}
        self._transfer = transfer_config_args or {}

    @property
    def extra_args(self) -> dict[str, Any]:
        """A copy of the arguments for up- and downloads."""
        return deepcopy(self._extra_args)

    @property
    def transfer_config(self) -> Any:
        """How boto3 transfers."""
        from boto3.s3.transfer import TransferConfig

        return TransferConfig(**self._transfer)

    @property
    def resource(self) -> Any:
        """The resource of boto3."""
        return self.get_resource_type()

    @staticmethod
    def parse_s3_url(s3url: str) -> tuple[str, str]:
        """Return bucket and key. Raises AirflowException for what is no URL of S3."""
        url = urlsplit(s3url, allow_fragments=False)
        host = url.netloc.split(".")
        if re.fullmatch("s3[na]?", url.scheme, re.IGNORECASE) and url.netloc:
            return url.netloc, url.path.lstrip("/")
        if url.scheme == "https" and host[0] == "s3":
            bucket, _, key = url.path.lstrip("/").partition("/")
            return bucket, key
        if url.scheme == "https" and host[1:2] == ["s3"]:
            return host[0], url.path.lstrip("/")
        raise AirflowException(
            "Please provide a bucket name using a valid format of the form: S3://bucket-name/key-name or "
            f'https://bucket-name.s3.region-code.amazonaws.com/key-name but provided: "{s3url}"'
        )

    @staticmethod
    def get_s3_bucket_key(
        bucket: str | None, key: str, bucket_param_name: str, key_param_name: str
    ) -> tuple[str, str]:
        """Return bucket and key: of a URL if there is no bucket. Raises TypeError if both are given."""
        if bucket is None:
            return S3Hook.parse_s3_url(key)
        url = urlsplit(key)
        if url.scheme or url.netloc:
            raise TypeError(
                f"If `{bucket_param_name}` is provided, {key_param_name} should be a relative path from root "
                "level, rather than a full s3:// url"
            )
        return bucket, key

    def check_for_bucket(self, bucket_name: str) -> bool:
        """Return whether the bucket is there and may be looked at."""
        from botocore.exceptions import ClientError

        try:
            self.conn.head_bucket(Bucket=bucket_name)
        except ClientError as error:
            self.log.info("bucket %s: %s", bucket_name, error)
            return False
        return True

    def get_bucket(self, bucket_name: str) -> Any:
        """Return the bucket as a resource."""
        return self.resource.Bucket(bucket_name)

    def create_bucket(self, bucket_name: str, region_name: str | None = None) -> None:
        """Create a bucket, in the hook's region unless another is given."""
        region = region_name or self.conn_region_name
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
        self.conn.create_bucket(Bucket=bucket_name, **place)

    def delete_bucket(self, bucket_name: str, force_delete: bool = False, max_retries: int = 5) -> None:
        """Delete a bucket, with all that is in it if ``force_delete``."""
        if force_delete:
            self.delete_objects(bucket_name, self.list_keys(bucket_name))
        self.conn.delete_bucket(Bucket=bucket_name)

    def check_for_prefix(self, prefix: str, delimiter: str, bucket_name: str) -> bool:
        """Return whether there is something below a prefix."""
        prefix = prefix if prefix.endswith(delimiter) else prefix + delimiter
        above = re.split(rf"(\w+[{delimiter}])$", prefix, maxsplit=1)[0]
        return prefix in self.list_prefixes(bucket_name, above, delimiter)

    def list_prefixes(
        self,
        bucket_name: str,
        prefix: str | None = None,
        delimiter: str | None = None,
        page_size: int | None = None,
        max_items: int | None = None,
    ) -> list[str]:
        """Return the prefixes that end with the delimiter."""
        pages = self._pages(bucket_name, prefix or "", page_size, max_items, Delimiter=delimiter or "")
        return [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", ())]

    def list_keys(
        self,
        bucket_name: str,
        prefix: str | None = None,
        delimiter: str | None = None,
        page_size: int | None = None,
        max_items: int | None = None,
        start_after_key: str | None = None,
        *,
        from_datetime: Any = None,
        to_datetime: Any = None,
        object_filter: Any = None,
        apply_wildcard: bool = False,
    ) -> list[str]:
        """Return the keys below a prefix, changed after one time and not after another."""
        wanted = prefix or ""
        by_pattern = apply_wildcard and "*" in wanted
        pages = self._pages(
            bucket_name,
            wanted.split("*", 1)[0] if by_pattern else wanted,
            page_size,
            max_items,
            Delimiter=delimiter or "",
            StartAfter=start_after_key or "",
        )
        found = [
            item
            for page in pages
            for item in page.get("Contents", ())
            if not by_pattern or fnmatch.fnmatch(item["Key"], wanted)
        ]
        if object_filter is not None:
            kept: list[str] = object_filter(found, from_datetime, to_datetime)
            return kept
        return [
            item["Key"]
            for item in found
            if (from_datetime is None or item["LastModified"] > from_datetime)
            and (to_datetime is None or item["LastModified"] <= to_datetime)
        ]

    def iter_file_metadata(
        self, prefix: str, bucket_name: str, page_size: int | None = None, max_items: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield what S3 lists of each object below a prefix."""
        for page in self._pages(bucket_name, prefix, page_size, max_items):
            yield from page.get("Contents", ())

    def get_file_metadata(self, *args: Any, **options: Any) -> list[dict[str, Any]]:
        """Return what S3 lists of each object below a prefix."""
        return list(self.iter_file_metadata(*args, **options))

    def _pages(
        self, bucket: str, prefix: str, page_size: int | None, max_items: int | None, **more: Any
    ) -> Any:
        sizes = {"PageSize": page_size, "MaxItems": max_items}
        paginator = self.conn.get_paginator("list_objects_v2")
        return paginator.paginate(
            Bucket=bucket, Prefix=prefix, PaginationConfig=sizes, **more, **self._requester
        )

    def head_object(self, key: str, bucket_name: str | None = None) -> dict[str, Any] | None:
        """Return what S3 knows of an object; None if it is not there."""
        from botocore.exceptions import ClientError

        bucket, key = self._place(key, bucket_name)
        try:
            found: dict[str, Any] = self.conn.head_object(Bucket=bucket, Key=key, **self._requester)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        return found

    def check_for_key(self, key: str, bucket_name: str | None = None) -> bool:
        """Return whether an object is there."""
        return self.head_object(key, bucket_name) is not None

    def get_key(self, key: str, bucket_name: str | None = None) -> Any:
        """Return an object as a resource. Raises ClientError if it is not there."""
        from boto3.s3.transfer import S3Transfer

        found = self.resource.Object(*self._place(key, bucket_name))
        known = S3Transfer.ALLOWED_DOWNLOAD_ARGS
        allowed = {name: value for name, value in self._extra_args.items() if name in known}
        found.load(**allowed, **self._requester)
        return found

    def read_key(self, key: str, bucket_name: str | None = None) -> str:
        """Return the text of an object."""
        return str(self.get_key(key, bucket_name).get()["Body"].read().decode("utf-8"))

    def get_wildcard_key(self, wildcard_key: str, bucket_name: str | None = None, delimiter: str = "") -> Any:
        """Return the first object whose key is like a pattern; None if there is none."""
        bucket, pattern = self._place(wildcard_key, bucket_name)
        keys = self.list_keys(bucket, re.split(r"[\[*?]", pattern, maxsplit=1)[0], delimiter)
        found = next((key for key in keys if fnmatch.fnmatch(key, pattern)), None)
        return None if found is None else self.get_key(found, bucket)

    def check_for_wildcard_key(
        self, wildcard_key: str, bucket_name: str | None = None, delimiter: str = ""
    ) -> bool:
        """Return whether there is an object whose key is like a pattern."""
        return self.get_wildcard_key(wildcard_key, bucket_name, delimiter) is not None

    def load_file(
        self,
        filename: Path | str,
        key: str,
        bucket_name: str | None = None,
        replace: bool = False,
        encrypt: bool = False,
        gzip: bool = False,
        acl_policy: str | None = None,
    ) -> None:
        """Upload a file."""
        bucket, key = self._free_place(key, bucket_name, replace)
        name = str(filename)
        if gzip:
            with open(name, "rb") as plain, gz.open(f"{name}.gz", "wb") as packed:
                shutil.copyfileobj(plain, packed)
            name = f"{name}.gz"
        extra = self._upload_args(encrypt, acl_policy)
        self.conn.upload_file(name, bucket, key, ExtraArgs=extra, Config=self.transfer_config)

    def load_string(
        self,
        string_data: str,
        key: str,
        bucket_name: str | None = None,
        replace: bool = False,
        encrypt: bool = False,
        encoding: str | None = None,
        acl_policy: str | None = None,
        compression: str | None = None,
    ) -> None:
        """Upload a text."""
        if compression not in (None, "gzip"):
            raise NotImplementedError(f"Received {compression} compression type. It can only be gzip.")
        data = string_data.encode(encoding or "utf-8")
        self.load_bytes(
            gz.compress(data) if compression else data, key, bucket_name, replace, encrypt, acl_policy
        )

    def load_bytes(
        self,
        bytes_data: bytes,
        key: str,
        bucket_name: str | None = None,
        replace: bool = False,
        encrypt: bool = False,
        acl_policy: str | None = None,
    ) -> None:
        """Upload bytes."""
        self.load_file_obj(BytesIO(bytes_data), key, bucket_name, replace, encrypt, acl_policy)

    def load_file_obj(
        self,
        file_obj: Any,
        key: str,
        bucket_name: str | None = None,
        replace: bool = False,
        encrypt: bool = False,
        acl_policy: str | None = None,
    ) -> None:
        """Upload what an open file has."""
        bucket, key = self._free_place(key, bucket_name, replace)
        extra = self._upload_args(encrypt, acl_policy)
        self.conn.upload_fileobj(file_obj, bucket, key, ExtraArgs=extra, Config=self.transfer_config)

    def copy_object(
        self,
        source_bucket_key: str,
        dest_bucket_key: str,
        source_bucket_name: str | None = None,
        dest_bucket_name: str | None = None,
        source_version_id: str | None = None,
        acl_policy: str | None = None,
        meta_data_directive: str | None = None,
        **more: Any,
    ) -> Any:
        """Copy an object."""
        if (acl_policy or "private") != NO_ACL:
            more["ACL"] = acl_policy or "private"
        if meta_data_directive:
            more["MetadataDirective"] = meta_data_directive
        bucket, key = self.get_s3_bucket_key(
            dest_bucket_name, dest_bucket_key, "dest_bucket_name", "dest_bucket_key"
        )
        from_bucket, from_key = self.get_s3_bucket_key(
            source_bucket_name, source_bucket_key, "source_bucket_name", "source_bucket_key"
        )
        source = {"Bucket": from_bucket, "Key": from_key}
        if source_version_id:
            source["VersionId"] = source_version_id
        return self.conn.copy_object(Bucket=bucket, Key=key, CopySource=source, **more, **self._requester)

    def delete_objects(self, bucket: str, keys: str | list[str]) -> None:
        """Delete objects. Raises AirflowException if some stay."""
        names = [keys] if isinstance(keys, str) else list(keys)
        for start in range(0, len(names), _MOST_KEYS_TO_DELETE):
            objects = [{"Key": name} for name in names[start : start + _MOST_KEYS_TO_DELETE]]
            answer = self.conn.delete_objects(Bucket=bucket, Delete={"Objects": objects}, **self._requester)
            if "Errors" in answer:
                raise AirflowException(f"Errors when deleting: {[item['Key'] for item in answer['Errors']]}")

    def download_file(
        self,
        key: str,
        bucket_name: str | None = None,
        local_path: str | None = None,
        preserve_file_name: bool = False,
        use_autogenerated_subdir: bool = True,
    ) -> str:
        """Download an object; return the file's path, below /tmp unless another place is given."""
        bucket, key = self._place(key, bucket_name)
        if not self.check_for_key(key, bucket):
            raise AirflowNotFoundException(
                f"The source file in Bucket {bucket} with path {key} does not exist"
            )
        if preserve_file_name:
            inner = f"airflow_tmp_dir_{uuid4().hex[:8]}" if use_autogenerated_subdir else ""
            path = Path(local_path or gettempdir(), inner, key.rpartition("/")[2])
            if path.is_file():
                raise FileExistsError(str(path))
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            with NamedTemporaryFile(dir=local_path, prefix="airflow_tmp_", delete=False) as made:
                path = Path(made.name)
        extra = {**self.extra_args, **self._requester}
        with path.open("wb") as file:
            self.conn.download_fileobj(bucket, key, file, ExtraArgs=extra, Config=self.transfer_config)
        return str(path)

    def generate_presigned_url(
        self,
        client_method: str,
        params: dict[str, Any] | None = None,
        expires_in: int = 3600,
        http_method: str | None = None,
    ) -> str:
        """Return a URL that may be used without credentials."""
        return str(
            self.conn.generate_presigned_url(
                ClientMethod=client_method, Params=params, ExpiresIn=expires_in, HttpMethod=http_method
            )
        )

    def _place(self, key: str, bucket: str | None) -> tuple[str, str]:
        if bucket:
            return bucket, key
        try:
            return self.parse_s3_url(key)
        except AirflowException as error:
            raise ValueError(f"Required parameter bucket_name not set: {error}") from error

    def _free_place(self, key: str, bucket: str | None, replace: bool) -> tuple[str, str]:
        place = self._place(key, bucket)
        if not replace and self.check_for_key(place[1], place[0]):
            raise ValueError(f"The key {place[1]} already exists.")
        return place

    def _upload_args(self, encrypt: bool, acl_policy: str | None) -> dict[str, Any]:
        extra = {**self.extra_args, **self._requester}
        if encrypt:
            extra["ServerSideEncryption"] = "AES256"
        if acl_policy:
            extra["ACL"] = acl_policy
        return extra
