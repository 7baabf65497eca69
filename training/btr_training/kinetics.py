"""Heat of decomposition of a lithium-ion cell: four Arrhenius reactions, many cells at once.

The scheme is that of T. D. Hatchard, D. D. MacNeil, A. Basu, J. R. Dahn, J. Electrochem. Soc. 148 (2001) A755, with
electrolyte decomposition and all constants after G.-H. Kim, A. Pesaran, R. Spotnitz, J. Power Sources 170 (2007) 476,
table 2 (LiCoO2 / graphite). Other chemistries scale the heat of the cathode, see ``cells``.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

GAS_CONSTANT_J_PER_MOL_K: Final = 8.314
KELVIN: Final = 273.15
JELLY_ROLL_KG_PER_M3: Final = 2580.0
SEI_THICKNESS_REFERENCE: Final = 0.033
FASTEST_TEMPERATURE_K: Final = 1500.0


@dataclass(frozen=True, slots=True)
class Reaction:
    """Rate A exp(-Ea / RT) in 1/s, heat in J per kg of reactant, reactant in kg per m3 of jelly roll."""

    frequency_per_s: float
    activation_j_per_mol: float
    heat_j_per_kg: float
    content_kg_per_m3: float

    def rate_per_s(self, temp_k: FloatArray) -> FloatArray:
        """Return the rate constant; it only grows with the temperature."""
        kelvin = np.minimum(temp_k, FASTEST_TEMPERATURE_K)
        return self.frequency_per_s * np.exp(-self.activation_j_per_mol / (GAS_CONSTANT_J_PER_MOL_K * kelvin))

    @property
    def heat_j_per_kg_cell(self) -> float:
        """Heat of the whole reactant (extent 1 to 0) per kg of cell."""
        return self.heat_j_per_kg * self.content_kg_per_m3 / JELLY_ROLL_KG_PER_M3


SEI: Final = Reaction(1.667e15, 1.3508e5, 2.57e5, 610.4)
ANODE: Final = Reaction(2.5e13, 1.3508e5, 1.714e6, 610.4)
CATHODE: Final = Reaction(6.667e13, 1.396e5, 3.14e5, 1221.0)
ELECTROLYTE: Final = Reaction(5.14e25, 2.74e5, 1.55e5, 406.9)
SEI_START: Final = 0.15
ANODE_START: Final = 0.75
CATHODE_START: Final = 0.04
ELECTROLYTE_START: Final = 1.0


@dataclass(slots=True)
class Extents:
    """What is left (or, for the cathode, done) of each reaction; one value per cell, dimensionless."""

    sei: FloatArray
    anode: FloatArray
    sei_thickness: FloatArray
    cathode_done: FloatArray
    electrolyte: FloatArray

    @classmethod
    def fresh(cls, count: int) -> "Extents":
        """Return ``count`` unreacted cells."""
        starts = (SEI_START, ANODE_START, SEI_THICKNESS_REFERENCE, CATHODE_START, ELECTROLYTE_START)
        return cls(*(np.full(count, start) for start in starts))

    def stored_j_per_kg(self, cathode_scale: FloatArray | float = 1.0) -> FloatArray:
        """Return the reaction heat that is still in the cells, J per kg of cell."""
        return (
            SEI.heat_j_per_kg_cell * self.sei
            + ANODE.heat_j_per_kg_cell * self.anode
            + CATHODE.heat_j_per_kg_cell * cathode_scale * (1.0 - self.cathode_done)
            + ELECTROLYTE.heat_j_per_kg_cell * self.electrolyte
        )

    def react(self, temp_k: FloatArray, step_s: float, cathode_scale: FloatArray | float = 1.0) -> FloatArray:
        """Advance by ``step_s`` at ``temp_k`` and return the heat set free, J per kg of cell, never negative.

        Depletion is exponential within the step, so no step releases more than is left, however hot it is.
        """
        before = self.stored_j_per_kg(cathode_scale)
        sei_used = self.sei * -np.expm1(-SEI.rate_per_s(temp_k) * step_s)
        barrier = np.exp(-self.sei_thickness / SEI_THICKNESS_REFERENCE)
        anode_used = self.anode * -np.expm1(-ANODE.rate_per_s(temp_k) * barrier * step_s)
        cathode_rate = CATHODE.rate_per_s(temp_k) * self.cathode_done
        cathode_used = (1.0 - self.cathode_done) * -np.expm1(-cathode_rate * step_s)
        electrolyte_used = self.electrolyte * -np.expm1(-ELECTROLYTE.rate_per_s(temp_k) * step_s)
        self.sei = self.sei - sei_used
        self.anode = self.anode - anode_used
        self.sei_thickness = self.sei_thickness + anode_used
        self.cathode_done = self.cathode_done + cathode_used
        self.electrolyte = self.electrolyte - electrolyte_used
        return before - self.stored_j_per_kg(cathode_scale)
