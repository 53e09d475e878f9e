"""Reading what makes a Map distributed: its processor's mode, ItemReader, ItemBatcher and ResultWriter."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from converter.engine.definition import Distribution, ItemBatcher, ItemReader, ResultWriter
from converter.engine.language_reading import LanguageReader
from converter.engine.problems import Fields

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_ONLY_DISTRIBUTED = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")
_INPUT_TYPES = ("CSV", "JSON", "JSONL")
_GET_OBJECT = "s3:getObject"
_LIST_OBJECTS = "s3:listObjectsV2"
_PUT_OBJECT = "s3:putObject"


def read_distribution(fields: Fields, processor: Fields, language: LanguageReader) -> Distribution | None:
    """Return what a distributed Map has beside the fields of every Map; None for an inline Map."""
    config = _part(processor, "ProcessorConfig")
    mode = "INLINE" if config is None else config.optional("Mode", "string") or "INLINE"
    if config is not None:
        config.refuse_unknown({"Mode", "ExecutionType"}, "ProcessorConfig")
    if mode not in ("INLINE", "DISTRIBUTED"):
        processor.problems.invalid(
            processor.at("ProcessorConfig/Mode"), "Value is not valid. Allowed values: [INLINE, DISTRIBUTED]"
        )
    if mode != "DISTRIBUTED":
        for name in _ONLY_DISTRIBUTED:
            if name in fields:
                fields.problems.invalid(fields.at(name), f"Field '{name}' needs a Map in DISTRIBUTED mode")
        return None
    return Distribution(
        fields.optional("Label", "string"),
        _read_item_reader(fields, language),
        _read_batcher(fields, language),
        _read_writer(fields, language),
    )


def _part(fields: Fields, name: str) -> Fields | None:
    content = fields.optional(name, "object")
    return None if content is None else Fields(content, fields.at(name), fields.problems)


def _resource(part: Fields, allowed: Collection[str]) -> str:
    arn: str = part.required("Resource", "string") or ""
    action = arn.partition(":::")[2]
    if arn and action not in allowed:
        part.problems.unsupported(part.at("Resource"), f"Resource '{arn}'")
    return action


def _read_item_reader(fields: Fields, language: LanguageReader) -> ItemReader | None:
    part = _part(fields, "ItemReader")
    if part is None:
        return None
    part.refuse_unknown({"Resource", "ReaderConfig", language.arguments_name}, "ItemReader")
    resource = _resource(part, (_GET_OBJECT, _LIST_OBJECTS))
    config = _part(part, "ReaderConfig") or Fields({}, part.at("ReaderConfig"), part.problems)
    config.refuse_unknown(
        {"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath"},
        "ReaderConfig",
    )
    input_type = config.optional("InputType", "string") or "JSON"
    if input_type not in _INPUT_TYPES:
        config.problems.unsupported(config.at("InputType"), f"InputType '{input_type}'")
    return ItemReader(
        resource,
        language.template(part, language.arguments_name, f"ItemReader/{language.arguments_name}", fields),
        input_type if resource == _GET_OBJECT else "LISTING",
        _header_location(config, input_type),
        tuple(config.optional("CSVHeaders", "array") or ()),
        _delimiter(config),
        language.whole_number(config, "MaxItems", 0, fields),
    )


def _header_location(config: Fields, input_type: str) -> str | None:
    location: str | None = config.optional("CSVHeaderLocation", "string")
    if input_type == "CSV" and location not in ("FIRST_ROW", "GIVEN"):
        config.problems.invalid(
            config.at("CSVHeaderLocation"), "Value is not valid. Allowed values: [FIRST_ROW, GIVEN]"
        )
    return location


def _delimiter(config: Fields) -> str:
    name = config.optional("CSVDelimiter", "string") or "COMMA"
    if name not in DELIMITERS:
        config.problems.invalid(
            config.at("CSVDelimiter"), f"Value is not valid. Allowed values: [{', '.join(DELIMITERS)}]"
        )
    return DELIMITERS.get(name, ",")


def _read_batcher(fields: Fields, language: LanguageReader) -> ItemBatcher | None:
    part = _part(fields, "ItemBatcher")
    if part is None:
        return None
    numbers = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
    part.refuse_unknown({*numbers, *(f"{name}Path" for name in numbers), "BatchInput"}, "ItemBatcher")
    if not any(name in part or f"{name}Path" in part for name in numbers):
        part.problems.invalid(part.path, f"At least one of these fields is required: [{', '.join(numbers)}]")
    return ItemBatcher(
        language.whole_number(part, "MaxItemsPerBatch", 1, fields),
        language.whole_number(part, "MaxInputBytesPerBatch", 1, fields),
        language.template(part, "BatchInput", "ItemBatcher/BatchInput", fields),
    )


def _read_writer(fields: Fields, language: LanguageReader) -> ResultWriter | None:
    part = _part(fields, "ResultWriter")
    if part is None:
        return None
    name = language.arguments_name
    part.refuse_unknown({"Resource", name, "WriterConfig"}, "ResultWriter")
    config = _part(part, "WriterConfig")
    if config is not None and "Resource" not in part and name not in part:
        resource = ""  # the results are formatted, and written nowhere
    else:
        resource = _resource(part, (_PUT_OBJECT,))
    config = config or Fields({}, part.at("WriterConfig"), part.problems)
    config.refuse_unknown({"Transformation", "OutputType"}, "WriterConfig")
    lines = _one_of(config, "OutputType", ("JSON", "JSONL")) == "JSONL"
    if lines and not resource:
        config.problems.unsupported(config.at("OutputType"), "OutputType 'JSONL' without a Resource")
    transformation = _one_of(config, "Transformation", ("NONE", "COMPACT", "FLATTEN"))
    arguments = language.template(part, name, f"ResultWriter/{name}", fields)
    return ResultWriter(resource, arguments, transformation, lines)


def _one_of(part: Fields, name: str, allowed: Sequence[str]) -> str:
    """Return a field's text, by default the first that is allowed."""
    text: str = part.optional(name, "string") or allowed[0]
    if text not in allowed:
        part.problems.invalid(part.at(name), f"Value is not valid. Allowed values: [{', '.join(allowed)}]")
    return text
