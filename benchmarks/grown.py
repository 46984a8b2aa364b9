"""A catalogue many times as large, made of copies under other names: what a start must still carry."""

from msgspec.structs import replace

from service.knowledge.rows import BlockRow, CellRow, ModelRow, ResultRow, Tables


def grow(tables: Tables, times: int) -> Tables:
    """The tables with every curated model, its blocks, its cells and its published results so many times."""
    copies, curated = range(1, times), {row.id for row in tables.models}
    return replace(
        tables,
        models=(*tables.models, *(_model(row, f"-copy-{i}") for i in copies for row in tables.models)),
        blocks=(*tables.blocks, *(_block(row, f"-copy-{i}") for i in copies for row in tables.blocks)),
        cells=(
            *tables.cells,
            *(_cell(row, f"-copy-{i}") for i in copies for row in tables.cells if row.model in curated),
        ),
        results=(*tables.results, *(_result(row, f"-copy-{i}") for i in copies for row in tables.results)),
    )


def _model(row: ModelRow, mark: str) -> ModelRow:
    aliases = tuple(alias + mark for alias in row.aliases)
    return replace(row, id=row.id + mark, checkpoint=row.checkpoint + mark, aliases=aliases)


def _block(row: BlockRow, mark: str) -> BlockRow:
    return replace(row, model=row.model + mark)


def _cell(row: CellRow, mark: str) -> CellRow:
    return replace(row, model=row.model + mark)


def _result(row: ResultRow, mark: str) -> ResultRow:
    return replace(row, benchmark=row.benchmark + mark, models=tuple(model + mark for model in row.models))
