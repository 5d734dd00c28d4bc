from pathlib import Path

import numpy as np
import pytest

from rag.errors import ModelError
from rag.search.reranking import CrossEncoderReranker

QUESTION = "Who opened the bridge?"
TEXTS = ["The mayor opened the bridge.", "Shares fell sharply.", "A bridge was closed."]


def _saved_model(folder: Path, labels: int) -> Path:
    """A cross-encoder with random weights and a dozen words, as sentence-transformers saves one."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        PreTrainedTokenizerFast,
    )

    words = "[PAD] [UNK] [CLS] [SEP] [MASK] who opened the bridge mayor shares fell . ?".split()
    vocabulary = {word: place for place, word in enumerate(words)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=64,
    )  # fmt: skip
    torch.manual_seed(3)
    config = BertConfig(  # type: ignore[call-arg]
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64, num_labels=labels,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_a_cross_encoder_scores_each_text_by_itself(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(_saved_model(tmp_path / "tiny", 1))
    scores = reranker.score(QUESTION, TEXTS)
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert len(set(scores.tolist())) == 3
    backwards = reranker.score(QUESTION, TEXTS[::-1])
    assert np.allclose(scores, backwards[::-1], atol=1e-6)
    assert reranker.score(QUESTION, []).shape == (0,)


@pytest.mark.slow
def test_a_classifier_of_many_labels_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="5 labels"):
        CrossEncoderReranker(_saved_model(tmp_path / "many", 5)).score(QUESTION, TEXTS)


@pytest.mark.slow
def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        CrossEncoderReranker(tmp_path).score(QUESTION, TEXTS)
