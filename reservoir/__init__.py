"""What any reservoir is: the contract, its sequences, its recording on disk."""

from reservoir.checks import InputError
from reservoir.contract import Reservoir, Stream
from reservoir.errors import DivergenceWarning
from reservoir.merging import merge
from reservoir.questions import Question
from reservoir.record import record, record_shard
from reservoir.recording import Recording
from reservoir.scaling import ChannelScaler
from reservoir.sequences import Sequences
from reservoir.verification import Verification, verify

__all__ = [
    "ChannelScaler", "DivergenceWarning", "InputError", "Question", "Recording", "Reservoir", "Sequences", "Stream",
    "Verification", "merge", "record", "record_shard", "verify",
]  # fmt: skip
