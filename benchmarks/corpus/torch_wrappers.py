"""Models of transformers as modules that take tensors and return tensors, which is what exporters want."""

from __future__ import annotations

import torch
import transformers
from torch import nn

BERT = {
    "vocab_size": 500,
    "hidden_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 192,
}


class ByName(nn.Module):
    """Text models take ids and a mask; the exporter wants a forward with those very names."""

    def __init__(self, model: nn.Module, wanted: str, **fixed: object) -> None:
        super().__init__()
        self.model, self.wanted, self.fixed = model, wanted, fixed

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        result = self.model(input_ids=input_ids, attention_mask=attention_mask, **self.fixed)
        return getattr(result, self.wanted)


class OfPictures(nn.Module):
    def __init__(self, model: nn.Module, wanted: str) -> None:
        super().__init__()
        self.model, self.wanted = model, wanted

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return getattr(self.model(pixel_values=pixel_values), self.wanted)


def of(config: str, model: str, **settings: object) -> nn.Module:
    """A model of transformers with random weights."""
    made = getattr(transformers, config)(**settings)
    return getattr(transformers, model)(made)


def detr() -> nn.Module:
    backbone = transformers.ResNetConfig(
        depths=[2, 2, 2, 2], hidden_sizes=[32, 64, 96, 128], embedding_size=16, out_features=["stage4"]
    )
    return of(
        "DetrConfig",
        "DetrForObjectDetection",
        use_timm_backbone=False,
        backbone_config=backbone,
        backbone=None,
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        num_queries=20,
    )


class DetrOfPictures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = detr()

    def forward(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        result = self.model(pixel_values=pixel_values)
        return result.logits, result.pred_boxes


class Translator(nn.Module):
    """T5, both halves, without a cache."""

    def __init__(self) -> None:
        super().__init__()
        self.model = of(
            "T5Config",
            "T5ForConditionalGeneration",
            vocab_size=500,
            d_model=64,
            d_kv=16,
            d_ff=128,
            num_layers=3,
            num_heads=4,
        )

    def forward(self, input_ids: torch.Tensor, decoder_input_ids: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, decoder_input_ids=decoder_input_ids, use_cache=False).logits


class Clip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        text_config = {
            "vocab_size": 500,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "eos_token_id": 2,
            "bos_token_id": 1,
            "pad_token_id": 0,
        }
        vision_config = {
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "patch_size": 32,
        }
        self.model = of(
            "CLIPConfig", "CLIPModel", text_config=text_config, vision_config=vision_config, projection_dim=32
        )

    def forward(self, input_ids: torch.Tensor, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        result = self.model(input_ids=input_ids, pixel_values=pixel_values)
        return result.logits_per_image, result.text_embeds


class SpeechEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = of(
            "WhisperConfig",
            "WhisperModel",
            d_model=64,
            encoder_layers=3,
            decoder_layers=2,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=128,
            decoder_ffn_dim=128,
            vocab_size=500,
            max_source_positions=100,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
        )

    def forward(self, input_features: torch.Tensor) -> torch.Tensor:
        return self.model.encoder(input_features).last_hidden_state


class Waves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = of(
            "Wav2Vec2Config",
            "Wav2Vec2ForCTC",
            **BERT,
            conv_dim=(32,) * 7,
            num_conv_pos_embeddings=16,
            num_conv_pos_embedding_groups=4,
        )

    def forward(self, input_values: torch.Tensor) -> torch.Tensor:
        return self.model(input_values).logits
